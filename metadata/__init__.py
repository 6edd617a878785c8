"""The catalogue: buckets, files, versions, contents, blocks, uploads and journals."""
