//! `plomb-verify`: checks trip reports and proofs without a network, a server or us.

use std::process::ExitCode;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool tells its user")]
fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut file, mut keys) = (None, Vec::new());
    while let Some(argument) = arguments.next() {
        match (&*argument, &file) {
            ("--key", _) => keys.extend(arguments.next()),
            ("--help" | "-h", _) => file = None,
            (_, None) => file = Some(argument),
            (_, Some(_)) => {
                eprintln!("error: one file at a time");
                return ExitCode::FAILURE;
            }
        }
    }
    let Some(file) = file else {
        println!(
            "Usage: plomb-verify FILE [--key NAME+HASH+KEY]...\n\nChecks a trip report or a proof. A key is the log's, or that of a witness."
        );
        return ExitCode::FAILURE;
    };
    match plomb_report::check(file.as_ref(), &keys) {
        Ok(verdict) => {
            print!("{verdict}");
            if verdict.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
