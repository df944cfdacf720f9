//! What mends a finding where it is: in the index, in a folder, in history.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::disk::quoted;
use crate::scan::{Finding, Item, Mend};

/// The one command, or what to do where no command does it.
pub(super) fn told(item: &Item, finding: &Finding, staged: bool) -> String {
    let path = Path::new(OsStr::from_bytes(item.path()));
    let file = word(path);
    if item.commit.is_some() {
        return in_history(&finding.mend);
    }
    // git would read some names as patterns
    let literal = item.path().iter().any(|b| b"*?[\\".contains(b)) || item.path().starts_with(b":");
    let git = if literal { "git --literal-pathspecs" } else { "git" };
    let leave = if staged { format!("{git} rm --cached {file}") } else { format!("rm {file}") };
    match &finding.mend {
        Mend::TakeOut => {
            format!("`reseal set {}`, and read it from the environment here", key(&finding.what))
        }
        Mend::Known { file: sealed, key, .. } => {
            format!("read {key} from the environment here: `reseal -f {} exec`", quoted(Path::new(sealed)))
        }
        Mend::Seal => {
            let sealed = word(&sealed_name(path));
            format!("`reseal encrypt {file} -o {sealed} && {leave}`")
        }
        Mend::Drop => format!("`{leave}`"),
        Mend::Run(command) => format!("`{command}`"),
        Mend::Reseal(words) => format!("`reseal -f {file} {words}`"),
    }
}

/// What was committed is known to whoever has the repository: only another value helps.
fn in_history(mend: &Mend) -> String {
    match mend {
        Mend::Known { file, key, .. } => {
            format!("`reseal -f {} rotate {}`", quoted(Path::new(file)), quoted(Path::new(key)))
        }
        _ => "make a new one: whoever has the history has this one".to_owned(),
    }
}

/// A path of any bytes as a shell takes it for an argument, in one line that no terminal minds.
fn word(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let front = if bytes.starts_with(b"-") { "./" } else { "" };
    match path.to_str() {
        Some(text) if !text.contains(char::is_control) => format!("{front}{}", quoted(path)),
        _ => format!("$'{front}{}'", bytes.escape_ascii()),
    }
}

/// A name under which the value may be kept.
fn key(what: &str) -> String {
    let fits = !what.is_empty() && what.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let key = if fits { what.to_ascii_uppercase() } else { String::new() };
    if key.starts_with(|c: char| c.is_ascii_alphabetic()) { key } else { "KEY".to_owned() }
}

/// `.env` becomes `.env.enc`, `secrets.yaml` becomes `secrets.enc.yaml`, as sops names them.
fn sealed_name(path: &Path) -> std::path::PathBuf {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    match ending {
        "yaml" | "yml" | "json" | "ini" => path.with_extension(format!("enc.{ending}")),
        _ => {
            let mut name = path.as_os_str().to_owned();
            name.push(".enc");
            name.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_names_are_such_as_the_commands_take() {
        assert_eq!(key("apiKey"), "APIKEY");
        assert_eq!(key("known of x"), "KEY");
        assert_eq!(key("1x"), "KEY");
        assert_eq!(sealed_name(Path::new("a/.env")), Path::new("a/.env.enc"));
        assert_eq!(sealed_name(Path::new("a/s.yaml")), Path::new("a/s.enc.yaml"));
        assert_eq!(word(Path::new("a b")), "'a b'");
        assert_eq!(word(Path::new("-rf")), "./-rf");
        assert_eq!(word(Path::new(OsStr::from_bytes(b"-a\n'\xe9"))), r"$'./-a\n\'\xe9'");
    }
}
