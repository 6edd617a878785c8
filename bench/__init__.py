"""`make bench`: Cairn's workloads beside what this machine can do, in the same run. Only ratios within one run mean anything."""
