//! The program: harden the process, run, exit. Everything else is the library's.

#![forbid(unsafe_code)]
#![expect(clippy::disallowed_methods, reason = "main alone hands in the arguments")]

use zeroizing_alloc::ZeroAlloc;

/// Memory is wiped when it is freed, so that no copy of a value outlives its use, in whosever code it was made.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

fn main() {
    reseal::harden();
    let code = reseal::run(std::env::args_os());
    std::process::exit(code.into());
}
