"""Why collection may be off: the database and the store do not tell of the same life of the same installation."""

from foundation.problems import Problem, Unavailable


class CollectionOff(Problem):
    """Nothing is erased until the database and the store agree. Reads and writes go on."""

    slug, title, status = "collection-off", "Nothing is erased at the moment", 503


class DatabaseBehindStore(CollectionOff):
    """The database is older than the store, as after a restore: what only the newer one knew must not be taken for garbage."""

    slug, title = "database-behind-store", "The database is older than the store"


class StoreBehindDatabase(CollectionOff):
    """The store is older than the database, as after a restore: blocks may be missing, and what is there again is not known."""

    slug, title = "store-behind-database", "The store is older than the database"


class ForeignStore(CollectionOff):
    """The store says that it belongs to another installation than the database."""

    slug, title = "foreign-store", "The store belongs to another installation"


class NotAdopted(CollectionOff):
    """Neither the database nor the store says which installation it is of, though there is something in them."""

    slug, title = "not-adopted", "It is not known that this database and this store belong together"


class StoreTruthInvalid(CollectionOff):
    """What the store says of its installation cannot be understood by this version."""

    slug, title = "store-truth-invalid", "The store's word on its installation cannot be read"


class AdoptionRefused(Problem):
    """`cairn doctor --adopt` found something that it must not decide. Nothing was changed."""

    slug, title, status = "adoption-refused", "This cannot be adopted now", 409


class BrokerUnavailable(Unavailable):
    """Redis does not answer. Work goes on: messages only hasten it."""

    slug, title = "broker-unavailable", "The broker does not answer"


class NoWorker(Unavailable):
    """Nothing is verified, repaired or collected until one works. What is stored can be read and written."""

    slug, title = "no-worker", "No worker is at work"


class ManifestInvalid(Problem):
    """A value under `meta/manifest` is damaged, of another secret, or of a format that is not known. It is not used."""

    slug, title, status = "manifest-invalid", "A manifest cannot be used", 422


class ManifestsBehind(Unavailable):
    """Were the catalogue lost now, changes of the last hours could not be had back from the store. Everything else goes on."""

    slug, title = "manifests-behind", "The manifests are hours behind"


class StoreNotRight(Problem):
    """`cairn rebuild` has nothing to go by in this store, or it does not answer. Nothing was made."""

    slug, title, status = "store-not-right", "Nothing can be rebuilt from this store now", 409
