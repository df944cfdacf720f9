//! Whether a value of an env file, or of another that should be sealed, is one that must not be read by all.

use crate::scan::value::{Worth, is_secret, worth};

/// Whether it is a secret. `doubtful`: in templates and tests, where a mere word is a dummy.
pub(in crate::scan) fn is_real(name: &[u8], value: &[u8], doubtful: bool) -> bool {
    if value.len() < 2 || is_for_all(name) || is_sealed(value) || !is_secret(name, value) {
        return false;
    }
    !doubtful || matches!(worth(value), Worth::Likely | Worth::Rare)
}

/// Whether it says anything, secret or not.
pub(in crate::scan) fn says_something(value: &[u8]) -> bool {
    !is_sealed(value) && !matches!(worth(value), Worth::Empty | Worth::Reference | Worth::Placeholder)
}

/// Whether it is one by itself.
pub(in crate::scan) fn is_rare(value: &[u8]) -> bool {
    !is_sealed(value) && worth(value) == Worth::Rare
}

/// Settings that build tools put into what every browser gets, and what other tools keep beside what they sealed.
fn is_for_all(name: &[u8]) -> bool {
    const BROWSERS: [&[u8]; 14] = [
        b"VITE_",
        b"NEXT_PUBLIC_",
        b"REACT_APP_",
        b"NUXT_PUBLIC_",
        b"EXPO_PUBLIC_",
        b"GATSBY_",
        b"PUBLIC_",
        b"VUE_APP_",
        b"STORYBOOK_",
        b"NG_APP_",
        b"RAZZLE_",
        b"NX_PUBLIC_",
        b"SNOWPACK_PUBLIC_",
        b"REDWOOD_ENV_",
    ];
    // somebody who calls it so did not mean it for all
    let meant = [&b"SECRET"[..], b"PASSWORD", b"PRIVATE"];
    let held = |part: &&[u8]| memchr::memmem::find(name, part).is_some();
    BROWSERS.iter().any(|start| name.starts_with(start)) && !meant.iter().any(held)
        || name.starts_with(b"sops_")
        || name.starts_with(b"DOTENV_PUBLIC_KEY")
        || name.starts_with(b"DOTENV_VAULT")
}

/// Values that were sealed one by one, by whatever program.
fn is_sealed(value: &[u8]) -> bool {
    const STARTS: [&[u8]; 15] = [
        b"ENC[",
        b"EJ[1:",
        b"ENC(",
        b"encrypted:",
        b"$ANSIBLE_VAULT",
        b"vault:v",
        b"{cipher}",
        b"-----BEGIN AGE ENCRYPTED",
        b"-----BEGIN PGP MESSAGE",
        b"age-encryption.org",
        b"U2FsdGVkX1",
        b"!vault",
        b"YWdlLWVuY3J5cHRpb24ub3Jn",
        b"AQICAH",
        b"{enc:",
    ];
    STARTS.iter().any(|start| value.starts_with(start))
}
