"""The composition root: which implementation stands behind which seam. Rooms are constructed here only, each by a module of its own, so
that the process of one loads nothing that it has no use for.
"""
