# The folders of src/ and what each may include: the single source of truth. CMake links by it, tests/house checks every
# #include and the table in ARCHITECTURE.md against it. An entry names a folder and, after the colon, what it may include.
set(LAMBDAML_MODULES
  "base:"
  "math: base"
  "net: base"
  "job: base"
  "data: base math"
  "storage: base net"
  "model: base math data"
  "comm: base net storage math"
  "train: base math data model comm"
  "coordination: base job storage"
  "worker: base job data storage coordination model comm train"
  "platform: base net job storage coordination"
  "cli: base net job data storage coordination platform worker"
)
