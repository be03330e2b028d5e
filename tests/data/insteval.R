#!/usr/bin/env Rscript
# SPDX-License-Identifier: Apache-2.0
# Makes a rating task of the 73,421 marks from 1 to 5 that students of ETH Zurich gave to their lecturers (InstEval, in
# the R package lme4). A row is sparse and has two ones: student s is column s, lecturer d is column 2,972 + d; the label
# is the mark. One row in five is a test row, drawn from a seed.
#
# usage: insteval.R FOLDER    writes FOLDER/train.libsvm and FOLDER/test.libsvm

folder <- commandArgs(trailingOnly = TRUE)
if (length(folder) != 1) stop("usage: insteval.R FOLDER")
data(InstEval, package = "lme4")
dir.create(folder, showWarnings = FALSE, recursive = TRUE)
student <- as.integer(InstEval$s)
lecturer <- nlevels(InstEval$s) + as.integer(InstEval$d)
lines <- paste0(InstEval$y, " ", student, ":1 ", lecturer, ":1")
set.seed(1)
test <- sample(length(lines)) <= length(lines) / 5
writeLines(lines[!test], file.path(folder, "train.libsvm"))
writeLines(lines[test], file.path(folder, "test.libsvm"))
cat(length(lines), "ratings\n")
