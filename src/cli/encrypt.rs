//! `reseal encrypt`: a plaintext file becomes a sealed one, on standard output or in a new file.
#![expect(clippy::disallowed_methods, reason = "cli reads the environment and standard input")]

use std::path::Path;

use super::args::{EncryptArgs, Global, RuleArgs};
use super::change::record;
use super::container::{Container, format_of_word, perhaps_no_env_file, told_by};
use super::decrypt::input_type;
use super::report::{Report, count};
use super::session::{self, Session};
use super::sops_yaml::creation;
use crate::audit::Act;
use crate::config::Creation;
use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::keys::Recipient;
use crate::secret::SecretValue;
use crate::sops::{Format, NewFile, Readers, Rule, convert};

const NOBODY: &str = "make a key with `reseal init`, or name recipients with `--age`";

pub(super) fn run(global: &Global, args: &EncryptArgs, report: &Report) -> Result<()> {
    // the record of a new file belongs beside that file, wherever the command is run
    let session = Session::about(global, args.output.as_deref().or(global.file.as_deref()))?;
    let plain = if args.input == Path::new("-") {
        SecretValue::read_from(&mut std::io::stdin().lock())
            .map_err(|e| Error::failed(format!("cannot read standard input: {e}")))?
    } else {
        disk::read_secret(&args.input)?
    };
    let name = args.types.filename_override.as_deref().unwrap_or(&args.input);
    let told = input_type(&args.types)?.or_else(|| told_by(name));
    let (plain, format, container) = wanted(args, plain, told)?;
    if format == Format::Dotenv {
        no_broken_value(plain.expose()).map_err(|e| e.context(format!("{:?}", args.input)))?;
    }
    let mut new = new_file(&session, name, &args.age)?;
    if let Some((field, text)) = chosen(&args.rule) {
        new.rule = Rule::parse(field, text).unwrap_or_default();
    }
    new.mac_only_encrypted |= args.mac_only_encrypted;
    let (open, remarks) = container
        .open(&new, format, &plain, &session.prompt)
        .map_err(|e| e.context(format!("{:?}", args.input)))
        .map_err(|e| if args.types.input_type.is_none() { perhaps_no_env_file(e, name) } else { e })?;
    for remark in remarks {
        report.note(&remark);
    }
    let (names, keys) = (open.names_to_record(), open.entries().count());
    let sealed = open.seal(&session::now(), &mut *session::random())?;
    let Some(output) = &args.output else { return report.data(&sealed) };
    let _lock = session.project.lock()?;
    if disk::stat(output).is_some() {
        return Err(Error::failed(format!("{output:?} is there already"))
            .note("nothing was changed")
            .hint("change it with `reseal set`, or move it away first"));
    }
    disk::replace(output, &sealed, session.project.attributes)?;
    record(&session, Act::Sealed, &names, None)?;
    report.say(&format!("{} sealed in {}", count(keys, "key"), output.display()));
    Ok(())
}

/// The plaintext as it shall be sealed, and into what.
fn wanted(
    args: &EncryptArgs,
    plain: SecretValue,
    told: Option<Format>,
) -> Result<(SecretValue, Format, Container)> {
    let word = args.types.output_type.as_deref();
    let by_name = || args.output.as_deref().map_or(Container::Sops, Container::of_name);
    let container = word.and_then(Container::of_word).unwrap_or_else(by_name);
    let format = told.unwrap_or_else(|| container.presumed(&plain));
    let Some(word) = word.filter(|word| Container::of_word(word).is_none()) else {
        return Ok((plain, format, container));
    };
    let other = format_of_word(word)?;
    Ok((convert(&plain, format, other)?, other, container))
}

/// Refuses the rest of a value that was broken over two lines, as `openssl rand -base64 64` and `base64` print it: its
/// padding would make it a key, and the names of keys lie in clear.
pub(super) fn no_broken_value(plain: &[u8]) -> Result<()> {
    let base64 = |text: &[u8]| text.iter().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(b));
    let lines: Vec<&[u8]> =
        plain.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l)).collect();
    let broken = lines.windows(2).position(|pair| {
        let [line, rest] = pair else { return false };
        let value = line.iter().position(|b| *b == b'=').map_or(&[][..], |at| &line[at + 1..]);
        let Some(body) = rest.strip_suffix(b"==").or(rest.strip_suffix(b"=")) else { return false };
        // the widths at which the two break lines
        let full = matches!(value.len(), 64 | 76) && base64(value);
        let name = body.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        full && rest.len() % 4 == 0 && base64(body) && !name
    });
    broken.map_or(Ok(()), |at| {
        Err(Error::failed(format!("line {} looks like the rest of the value on line {}", at + 2, at + 1))
            .note("it would be taken for the name of a key, and names lie in the file in clear")
            .hint("put the value on one line: `openssl rand -base64 64 | tr -d '\\n'`"))
    })
}

/// Recipients and rule for a new file: `--age`, `SOPS_AGE_RECIPIENTS`, `.sops.yaml`, the public half of the identity.
/// Recipients named outright keep the other settings of a rule in `.sops.yaml`, as with sops.
pub(super) fn new_file(session: &Session, input: &Path, age: &[String]) -> Result<NewFile> {
    let listed = std::env::var("SOPS_AGE_RECIPIENTS").unwrap_or_default();
    let mut named: Vec<&str> = age.iter().flat_map(|a| a.split(',')).map(str::trim).collect();
    if named.is_empty() {
        named = listed.split(',').map(str::trim).filter(|t| !t.is_empty()).collect();
    }
    let input = if input == Path::new("-") { Path::new(".env") } else { input };
    let creation = creation(input)?.map(|(_, creation)| creation).unwrap_or_default();
    let recipients = if !named.is_empty() {
        named.iter().map(|t| Recipient::parse(t)).collect::<Result<Vec<_>>>()?.into()
    } else if sealable(&creation)?.iter().any(|group| !group.is_empty()) {
        for text in creation.groups.iter().flatten() {
            Recipient::parse(text).map_err(|e| e.context(".sops.yaml"))?;
        }
        Readers::new(creation.groups, creation.threshold).map_err(|e| e.context(".sops.yaml"))?
    } else {
        let own = session.keyring.recipients().map_err(|e| match (e.kind(), e.advice()) {
            (Kind::NoIdentity, None) => e.hint(NOBODY),
            _ => e,
        })?;
        if own.is_empty() {
            return Err(Error::new(Kind::NoIdentity, "there is nobody to seal the file for").hint(NOBODY));
        }
        own.into()
    };
    let rule = creation.rule.and_then(|(field, text)| Rule::parse(field, &text)).unwrap_or_default();
    Ok(NewFile { recipients, rule, mac_only_encrypted: creation.mac_only_encrypted })
}

/// The groups of a rule, all of whose members can be sealed for here.
fn sealable(creation: &Creation) -> Result<&[Vec<String>]> {
    match creation.foreign.first() {
        None => Ok(&creation.groups),
        Some(kind) => Err(Error::usage(format!(
            ".sops.yaml: the rule has {kind:?}, which this version cannot seal for"
        ))
        .hint("seal this file with sops; reseal keeps such recipients when it changes values")),
    }
}

fn chosen(args: &RuleArgs) -> Option<(&'static str, &str)> {
    [
        ("unencrypted_suffix", &args.unencrypted_suffix),
        ("encrypted_suffix", &args.encrypted_suffix),
        ("unencrypted_regex", &args.unencrypted_regex),
        ("encrypted_regex", &args.encrypted_regex),
        ("unencrypted_comment_regex", &args.unencrypted_comment_regex),
        ("encrypted_comment_regex", &args.encrypted_comment_regex),
    ]
    .into_iter()
    .find_map(|(name, text)| Some((name, text.as_deref()?)))
}

#[cfg(test)]
mod tests {
    use super::no_broken_value;

    #[test]
    fn only_the_rest_of_a_broken_value_is_refused() {
        let (full, mime) = ("q".repeat(64), "q/+A".repeat(19));
        for broken in [
            format!("A={full}\nabcdEF==\n"),
            format!("B=x\nA={full}\r\nabcdEFg=\r\nC=x"),
            format!("A={mime}\na+/dEF=="),
        ] {
            let error = no_broken_value(broken.as_bytes()).unwrap_err();
            assert!(!error.to_string().contains("abcd"), "{error}");
        }
        for fine in [
            format!("A={full}\nDEBUGGING=\nB=\n"),
            format!("A={full}\nLEVELS1=\n"),
            format!("A={full}\nlog_lev=\n"),
            format!("A={full}\nlevel=info\n"),
            format!("A={full}\n\nabcdEF==\n"),
            "A=short\nabcdEF==\n".to_owned(),
            format!("A={full}\nabcdE==\n"),
            format!("{full}==\nB=x\n"),
            String::new(),
        ] {
            assert!(no_broken_value(fine.as_bytes()).is_ok(), "{fine}");
        }
    }
}
