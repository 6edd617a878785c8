"""What the server as a whole may refuse."""

from foundation.problems import Problem


class DataFolderInUse(Problem):
    slug, title, status = "data-folder-in-use", "Another server runs on this data folder", 503
