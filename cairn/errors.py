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


class BackupNotFound(Problem):
    """No backup lies where the settings point, or it has no such snapshot."""

    slug, title, status = "backup-not-found", "No such backup", 404


class BackupForeign(Problem):
    """Something else lies where the backup was to be made. Nothing was touched."""

    slug, title, status = "backup-foreign", "This is not a backup of Cairn", 409


class BackupTooNew(Problem):
    """The backup was written by a version that this one does not know, or its rows are of other tables. Nothing was touched."""

    slug, title, status = "backup-too-new", "This backup is of another version", 409


class BackupKeyWrong(Problem):
    """The key is not the one that the backup is encrypted with, or there is none. Nothing was touched."""

    slug, title, status = "backup-key-wrong", "This key does not open the backup", 403


class BackupDamaged(Problem):
    """Something in the backup is not what was written there, or is gone. `detail` names it."""

    slug, title, status = "backup-damaged", "The backup is damaged", 500


class BackupBusy(Problem):
    """Another command makes a snapshot in this backup, or cleans it up. Nothing was touched."""

    slug, title, status = "backup-busy", "The backup is being worked on", 409


class RestoreRefused(Problem):
    """What is to be restored into is not empty, or of another secret. Nothing was touched."""

    slug, title, status = "restore-refused", "Nothing can be restored here", 409
