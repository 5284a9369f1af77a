//! Calls `handler::handle` with the body, as the watchdog starts this program for each call.

use std::io::{self, Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut body = Vec::new();
    if let Err(error) = io::stdin().read_to_end(&mut body) {
        eprintln!("cannot read the body: {error}");
        return ExitCode::FAILURE;
    }
    match handler::handle(body) {
        Ok(answer) => match io::stdout().write_all(&answer) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
