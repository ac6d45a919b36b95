//! The `labctl` binary.

fn main() -> std::process::ExitCode {
    labctl::cli::main()
}
