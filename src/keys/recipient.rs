//! Recipients: public keys that a data key is wrapped for.
//!
//! A recipient keeps its text as it was given, SSH comment included, because the file stores that text and other
//! tools read it again. It knows nothing of the file or of who owns the key.
//! What is refused is refused here, before anything is encrypted: a secret pasted by mistake is never repeated in
//! the message, and a key that decodes only in part is no key.

use std::fmt;
use std::io::{self, Write};
use std::slice;
use std::sync::Arc;

use age::armor::{ArmoredWriter, Format};
use age::secrecy::ExposeSecret;
use age::ssh::ParseRecipientKeyError as SshFault;

use super::hybrid;
use super::prompt::{Ask, Prompt, plain};
use crate::error::{Error, Result};
use crate::secret::SecretValue;

/// Someone who can open what is wrapped for them.
#[derive(Clone)]
pub struct Recipient {
    text: String,
    way: Way,
}

#[derive(Clone)]
enum Way {
    X25519(age::x25519::Recipient),
    Hybrid(hybrid::Recipient),
    Ssh(Box<age::ssh::Recipient>),
    Plugin(age::plugin::Recipient),
}

impl Recipient {
    /// Reads `age1…`, `age1pq1…`, `age1<plugin>1…`, `ssh-ed25519 …` or `ssh-rsa …`; blanks around it are dropped.
    pub fn parse(text: &str) -> Result<Recipient> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::usage("a recipient is empty"));
        }
        if looks_secret(text) {
            return Err(Error::usage("a secret key was given where a recipient belongs")
                .hint("give its public half, which starts with \"age1\", \"ssh-ed25519\" or \"ssh-rsa\""));
        }
        if text.contains(char::is_control) {
            return Err(refused(text, "holds a control character"));
        }
        let way = if text.starts_with("age1") {
            age_way(text)?
        } else if text.starts_with("ssh-ed25519 ") || text.starts_with("ssh-rsa ") {
            Way::Ssh(Box::new(ssh_key(text)?))
        } else {
            return Err(refused(text, "is none of \"age1…\", \"ssh-ed25519 …\" and \"ssh-rsa …\""));
        };
        Ok(Recipient { text: text.to_owned(), way })
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The kind of its stanza in the header of an age file. A plugin's is not known.
    pub(super) fn stanza(&self) -> Option<&str> {
        match &self.way {
            Way::X25519(_) => Some("X25519"),
            Way::Hybrid(_) => Some(hybrid::KIND),
            Way::Ssh(_) => self.text.split(' ').next(),
            Way::Plugin(_) => None,
        }
    }

    /// Encrypts a data key for this recipient: ASCII armor of 64 columns that ends in a line feed.
    pub fn wrap(&self, payload: &[u8], prompt: &Arc<dyn Prompt>) -> Result<String> {
        let key = self.key(prompt)?;
        let sealed = seal(&[key], payload, Format::AsciiArmor).and_then(|bytes| {
            let armor = String::from_utf8(bytes).map_err(io::Error::other)?;
            Ok(armor)
        });
        sealed.map_err(|e| {
            let why = plain(&e.to_string());
            Error::failed(format!("cannot wrap the data key for \"{}\": {why}", short(&self.text)))
        })
    }

    /// The recipient as the age library wants it.
    pub(super) fn key(&self, prompt: &Arc<dyn Prompt>) -> Result<Box<dyn age::Recipient>> {
        Ok(match &self.way {
            Way::X25519(key) => Box::new(key.clone()),
            Way::Hybrid(key) => Box::new(key.clone()),
            Way::Ssh(key) => key.clone(),
            Way::Plugin(key) => {
                let ask = Ask(Arc::clone(prompt));
                let plugin =
                    age::plugin::RecipientPluginV1::new(key.plugin(), slice::from_ref(key), &[], ask)
                        .map_err(|_| missing(key.plugin()))?;
                Box::new(plugin)
            }
        })
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recipient").field(&self.text).finish()
    }
}

/// A new X25519 identity: the text of its key file, laid out as age-keygen does, and its recipient. `created` is
/// the time as RFC 3339.
pub fn generate(created: &str) -> (SecretValue, Recipient) {
    let identity = age::x25519::Identity::generate();
    let public = identity.to_public();
    let text = public.to_string();
    let file = key_file(created, &text, identity.to_string().expose_secret().as_bytes());
    (file, Recipient { text, way: Way::X25519(public) })
}

/// A new post-quantum identity, likewise.
pub fn generate_hybrid(created: &str) -> (SecretValue, Recipient) {
    let identity = hybrid::Identity::generate();
    let public = identity.recipient();
    let text = public.text();
    let file = key_file(created, &text, identity.text().expose());
    (file, Recipient { text, way: Way::Hybrid(public) })
}

fn key_file(created: &str, public: &str, secret: &[u8]) -> SecretValue {
    let comments = format!("# created: {created}\n# public key: {public}\n");
    SecretValue::concat(&[comments.as_bytes(), secret, b"\n"])
}

/// Whether a text has the look of a private key, which must not be repeated anywhere.
pub(super) fn looks_secret(text: &str) -> bool {
    // "age-plugin-…" in lower case is a program, in upper case an identity
    text.to_ascii_uppercase().contains("AGE-SECRET-KEY")
        || text.starts_with("AGE-PLUGIN-")
        || text.starts_with("-----BEGIN")
}

/// A recipient short enough for a line of a message: hybrid and RSA keys fill pages, and the end of an SSH key is
/// the comment that people know it by.
pub(super) fn short(text: &str) -> String {
    let text: Vec<char> = text.chars().flat_map(char::escape_debug).collect();
    if text.len() <= 72 {
        return text.into_iter().collect();
    }
    text[..30].iter().chain(&['…']).chain(&text[text.len() - 30..]).collect()
}

const DAMAGED: &str = "is damaged: a character of it is missing or wrong";

fn age_way(text: &str) -> Result<Way> {
    if let Ok(key) = text.parse() {
        return Ok(Way::X25519(key));
    }
    if text.starts_with("age1pq1") {
        let key = hybrid::Recipient::parse(text);
        return key.map(Way::Hybrid).ok_or_else(|| refused(text, DAMAGED));
    }
    // bech32 ends the prefix at the last "1": two of them make the recipient a plugin's
    if let Ok(key) = text.parse() {
        return Ok(Way::Plugin(key));
    }
    Err(refused(text, DAMAGED))
}

fn ssh_key(text: &str) -> Result<age::ssh::Recipient> {
    let key: age::ssh::Recipient = text.parse().map_err(|fault| match fault {
        SshFault::RsaModulusTooSmall => {
            refused(text, "is an RSA key of less than 2048 bits, which is too weak")
        }
        SshFault::RsaModulusTooLarge => {
            refused(text, "is an RSA key of more than 4096 bits, which age refuses")
        }
        _ => refused(text, "is a damaged SSH key"),
    })?;
    // age stops reading where the key is complete; what follows without a blank is no comment but damage
    let given = text.split_whitespace().nth(1).unwrap_or_default();
    let canonical = key.to_string();
    let read = canonical.split_whitespace().nth(1).unwrap_or_default();
    if given.trim_end_matches('=') != read.trim_end_matches('=') {
        return Err(refused(text, "is a damaged SSH key"));
    }
    Ok(key)
}

/// One age file for all of them.
pub(super) fn seal(
    recipients: &[Box<dyn age::Recipient>],
    payload: &[u8],
    format: Format,
) -> Result<Vec<u8>, age::EncryptError> {
    let encryptor = age::Encryptor::with_recipients(recipients.iter().map(|r| r.as_ref()))?;
    let mut writer = encryptor.wrap_output(ArmoredWriter::wrap_output(Vec::new(), format)?)?;
    writer.write_all(payload)?;
    Ok(writer.finish()?.finish()?)
}

/// At most the first twelve characters are repeated: what is not a recipient may be anything.
fn refused(text: &str, why: &str) -> Error {
    let start: String = text.chars().take(12).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(12).is_some() { "…" } else { "" };
    Error::usage(format!("recipient \"{start}{more}\" {why}"))
}

fn missing(plugin: &str) -> Error {
    Error::failed(format!("the plugin \"age-plugin-{plugin}\" is not installed"))
        .hint(format!("install age-plugin-{plugin} where PATH finds it"))
}
