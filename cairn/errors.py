"""What the server as a whole may refuse."""

from foundation.problems import Problem, Unavailable


class DataFolderInUse(Problem):
    slug, title, status = "data-folder-in-use", "Another server runs on this data folder", 503


class SettingInvalid(Problem):
    """A CAIRN_ variable that says nothing usable. `detail` names it and the rule. Nothing was started."""

    slug, title, status = "setting-invalid", "A setting makes no sense", 500


class DataFolderTooNew(Problem):
    """A newer Cairn has used this data folder. `detail` says which. Nothing was touched."""

    slug, title, status = "data-folder-too-new", "This data folder is of a newer version", 409


class DataFolderForeign(Problem):
    """The data folder holds something else. Nothing was touched."""

    slug, title, status = "data-folder-foreign", "This is not a data folder of Cairn", 409


class NothingToExamine(Problem):
    """The doctor found no data of a server where the settings point."""

    slug, title, status = "nothing-to-examine", "There is nothing to look at", 404


class ServerRuns(Problem):
    """What was asked for changes the server's data behind its back. Nothing was changed."""

    slug, title, status = "server-runs", "This cannot be done now", 409


class HeadTooSlow(Problem):
    """The request's head did not arrive in time."""

    slug, title, status = "head-too-slow", "The request's headers came too slowly", 408


class CommandInvalid(Problem):
    """A command line that cannot be understood. `detail` says why. Nothing was done."""

    slug, title, status = "command-invalid", "The command makes no sense", 400


class PageNotBuilt(Unavailable):
    """The page's source is here, the built page is not. An operator runs `make run`, which builds it with Node 20."""

    slug, title = "page-not-built", "The page was not built"


class CredentialsInUse(Problem):
    """Another command holds the lock on what `cairn login` keeps, and does not end."""

    slug, title, status = "credentials-in-use", "Another command renews the sign-in", 503


class CredentialsNotKept(Problem):
    """What `cairn login` keeps cannot be written on this machine. The sign-in that was there is as it was."""

    slug, title, status = "credentials-not-kept", "The sign-in cannot be kept", 500
