"""Settings of all tests: properties are tried on the same examples every time, and without a deadline."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable",
    deadline=None,
    max_examples=50,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("repeatable"), max_examples=1000, derandomize=False)
settings.load_profile("repeatable")
