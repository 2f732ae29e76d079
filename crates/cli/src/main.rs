//! The `resynapse` program.

fn main() -> std::process::ExitCode {
    resynapse_cli::main()
}
