//! `reseal unset KEY…`

use super::args::{Global, UnsetArgs};
use super::change::change;
use super::list::nearest;
use super::report::Report;
use super::session::Session;
use crate::audit::Act;
use crate::error::{Error, Result};
use crate::secret::SecretName;

pub(super) fn run(global: &Global, args: &UnsetArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    let mut keys: Vec<String> = Vec::new();
    for key in &args.keys {
        // as in get: what follows "=" may be a value
        if key.contains('=') {
            SecretName::parse(key)?;
        }
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    change(&session, report, Act::Unset, &keys, args.reason.as_deref(), |open| {
        for key in &keys {
            if !open.unset(key.as_bytes()) {
                let names = open.entries().filter_map(|e| std::str::from_utf8(e.name).ok());
                let error =
                    Error::failed(format!("key {key:?} is not in the file")).note("nothing was changed");
                return Err(match nearest(names, key) {
                    Some(near) => error.hint(format!("did you mean {near:?}?")),
                    None => error.hint("see `reseal list`"),
                });
            }
        }
        Ok(true)
    })?;
    report.say(&format!("{} taken out of {}", keys.join(", "), session.project.label()));
    Ok(())
}
