//! Prints the names of a sealed file, and the length of each value.
//!
//! ```text
//! cargo run --example read -- .env.enc age.key
//! ```
#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]

use reseal::{Keyring, Sealed, SecretValue};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut paths = std::env::args().skip(1);
    let (Some(file), Some(key)) = (paths.next(), paths.next()) else {
        return Err("usage: read SEALED-FILE KEY-FILE".into());
    };
    let keyring = Keyring::of_identities(SecretValue::new(std::fs::read(key)?));
    let open = Sealed::parse(std::fs::read(file)?)?.open(&keyring)?;
    for entry in open.entries() {
        println!("{}: {} bytes", String::from_utf8_lossy(entry.name), entry.value.len());
    }
    Ok(())
}
