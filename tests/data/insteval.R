#!/usr/bin/env Rscript
# SPDX-License-Identifier: Apache-2.0
# Makes a rating task of the 73,421 marks from 1 to 5 that students of ETH Zurich gave to their lecturers (InstEval, in
# the R package lme4): lines "student,lecturer,mark". One in five is a test row, drawn from a seed.
#
# usage: insteval.R FOLDER    writes FOLDER/train.csv and FOLDER/test.csv

folder <- commandArgs(trailingOnly = TRUE)
if (length(folder) != 1) stop("usage: insteval.R FOLDER")
data(InstEval, package = "lme4")
dir.create(folder, showWarnings = FALSE, recursive = TRUE)
lines <- paste(as.integer(InstEval$s), as.integer(InstEval$d), InstEval$y, sep = ",")
set.seed(1)
test <- sample(length(lines)) <= length(lines) / 5
writeLines(lines[!test], file.path(folder, "train.csv"))
writeLines(lines[test], file.path(folder, "test.csv"))
cat(length(lines), "ratings\n")
