//! One identity: an X25519 key, a post-quantum key, an SSH key or a plugin's handle.
//!
//! It opens an age file, says whether doing so may ask a person, and gives its public half where it has one.
//! It does not know where it came from. A plugin's program is looked for only when a file is to be opened, so a
//! key file may name plugins that this machine does not have.

use std::slice;
use std::sync::Arc;

use age::secrecy::ExposeSecret;

use super::hybrid;
use super::prompt::{Ask, Prompt};
use super::ssh::SshKey;
use super::unwrap::{self, Fault, Sealed};
use crate::secret::SecretValue;

/// A private key, or the handle of one.
pub(super) enum Identity {
    X25519(age::x25519::Identity),
    Hybrid(hybrid::Identity),
    Ssh(SshKey),
    /// `recipient` is what the key file names beside the handle, for the handle itself does not tell.
    Plugin {
        handle: age::plugin::Identity,
        recipient: Option<String>,
    },
}

impl Identity {
    /// Whether using it may ask a person for something. Those that do not are tried first.
    pub(super) fn asks(&self) -> bool {
        match self {
            Identity::X25519(_) | Identity::Hybrid(_) => false,
            Identity::Ssh(key) => key.is_locked(),
            Identity::Plugin { .. } => true,
        }
    }

    /// Opens what is sealed for it.
    pub(super) fn open(&self, sealed: Sealed<'_>, prompt: &Arc<dyn Prompt>) -> Result<SecretValue, Fault> {
        match self {
            Identity::X25519(key) => unwrap::open(key, sealed),
            Identity::Hybrid(key) => unwrap::open(key, sealed),
            Identity::Ssh(key) => key.open(sealed, prompt.as_ref()),
            Identity::Plugin { handle, .. } => {
                let ask = Ask(Arc::clone(prompt));
                let name = handle.plugin();
                let plugin = age::plugin::IdentityPluginV1::new(name, slice::from_ref(handle), ask)
                    .map_err(|_| Fault::Unusable(format!("\"age-plugin-{name}\" is not installed")))?;
                unwrap::open(&plugin, sealed)
            }
        }
    }

    /// Its own text, where it has one.
    pub(super) fn text(&self) -> Option<SecretValue> {
        match self {
            Identity::X25519(key) => Some(SecretValue::concat(&[key.to_string().expose_secret().as_bytes()])),
            Identity::Hybrid(key) => Some(key.text()),
            Identity::Ssh(_) | Identity::Plugin { .. } => None,
        }
    }

    /// The text of its recipient, where that can be told.
    pub(super) fn recipient(&self) -> Option<String> {
        match self {
            Identity::X25519(key) => Some(key.to_public().to_string()),
            Identity::Hybrid(key) => Some(key.recipient().text()),
            Identity::Ssh(key) => key.public().map(str::to_owned),
            Identity::Plugin { recipient, .. } => recipient.clone(),
        }
    }
}
