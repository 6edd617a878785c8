"""What the front door refuses by itself."""

from foundation.problems import Problem


class TooManyRequests(Problem):
    """More requests in a minute than one credential, or one address, may send. Wait for Retry-After."""

    slug, title, status = "too-many-requests", "Too many requests", 429
    retry_after_seconds = 5


class NginxMissing(Problem):
    """There is no nginx on this machine. Nothing was started."""

    slug, title, status = "nginx-missing", "There is no nginx here", 503


class ConfigurationRefused(Problem):
    """nginx does not take what the settings make of its configuration: a certificate that is none, for example. Nothing was changed."""

    slug, title, status = "configuration-refused", "nginx does not take its configuration", 500


class NginxEnded(Problem):
    """nginx ended though nobody asked it to. Its own messages stand above."""

    slug, title, status = "nginx-ended", "nginx ended by itself", 503
