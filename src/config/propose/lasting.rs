//! Keys whose old value goes on to count: what stored data was encrypted with, and key pairs.

use super::Around;
use super::block::Block;
use super::shape::{pem, shape};
use super::shell::Made;
use crate::secret::SecretValue;

/// A key that stored data was made with.
pub(super) fn encryption(
    around: &Around<'_>,
    name: &str,
    value: &SecretValue,
    previous: Option<&str>,
    every: String,
) -> Block {
    let mut block = Block::of(name, false).remark(format!(
        "What \"{name}\" encrypted stays readable with the old one only, so both must count until all is encrypted anew:"
    ));
    let made = around.written(name).1;
    // whoever reads such a key decodes it: what is there says how
    let text = value.expose();
    let padded = text.len() == 44 && text.ends_with(b"=");
    let urlsafe = name.to_ascii_uppercase().contains("FERNET") || text.iter().any(|b| b"-_".contains(b));
    let spec = match (padded, urlsafe) {
        (true, true) => "fernet".to_owned(),
        (true, false) => "base64:32".to_owned(),
        (false, _) => made.map_or_else(|| shape(value), Made::spec),
    };
    let migrate = around.procedures.iter().find_map(|p| p.migrate.clone());
    if previous.is_some() && migrate.is_some() {
        block.question = Some(format!(
            "{name}: does {:?} encrypt the stored data anew?",
            migrate.iter().flatten().cloned().collect::<Vec<_>>().join(" ")
        ));
    }
    let old = previous.map_or_else(|| format!("{name}_PREVIOUS"), str::to_owned);
    let migrate = migrate.unwrap_or_else(|| vec!["./scripts/encrypt-anew".to_owned()]);
    block.lines = vec![
        format!("generate = \"{spec}\""),
        every,
        format!("previous = {{ key = {old:?}, keep-for = \"migrated\" }}"),
        format!("migrate = {migrate:?}"),
    ];
    block
}

/// The private half of a key pair.
pub(super) fn pair(around: &Around<'_>, name: &str, value: &SecretValue, every: String) -> Block {
    let have = |key: &str| around.named.iter().any(|(other, _)| *other == key);
    let stem = name.strip_suffix("PRIVATE_KEY").unwrap_or(name);
    let public = format!("{stem}PUBLIC_KEY");
    let spec = pem(value).flatten();
    let known = have(&public) && spec.is_some();
    let mut block = Block::of(name, known);
    if !known {
        block.remarks.push(format!(
            "\"{name}\" is the private half of a key pair; say which key holds the public one:"
        ));
    }
    let key_id = ["KEY_ID", "KID"].iter().map(|end| format!("{stem}{end}")).find(|key| have(key));
    let key_id = key_id.map_or_else(String::new, |key| format!(", key-id = {key:?}"));
    block.lines = vec![
        format!("generate = \"{}\"", spec.unwrap_or("rsa:3072")),
        format!("pair = {{ public = {public:?}{key_id} }}"),
        every,
    ];
    let old = [format!("{public}_PREVIOUS"), format!("{public}_OLD")].into_iter().find(|key| have(key));
    block.lines.extend(old.map(|key| format!("previous = {{ public = {key:?}, keep-for = \"24h\" }}")));
    block
}
