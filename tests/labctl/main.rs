//! End-to-end tests of the `labctl` binary, one module a subcommand.
