"""Private servers for tests: real ones, on free ports, that end with the tests that started them."""
