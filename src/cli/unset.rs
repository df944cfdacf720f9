//! `reseal unset KEY…`

use super::args::{Global, UnsetArgs};
use super::change::{can_go, change};
use super::list::not_there;
use super::report::Report;
use super::session::Session;
use super::sops_words::file_first;
use crate::audit::Act;
use crate::error::Result;
use crate::secret::{SecretName, plain_name};

pub(super) fn run(global: &Global, args: &UnsetArgs, report: &Report) -> Result<()> {
    if let [file, keys @ ..] = args.keys.as_slice()
        && let Some(global) = keys.first().and_then(|key| file_first(global, file, key))
    {
        let args = UnsetArgs { keys: keys.to_vec(), reason: args.reason.clone() };
        return run(&global, &args, report);
    }
    let session = Session::new(global)?;
    let mut keys: Vec<String> = Vec::new();
    for key in &args.keys {
        // as in get: what follows "=" may be a value
        if key.contains('=') {
            SecretName::parse(key)?;
        }
        let key = plain_name(key);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    can_go(&session, &keys).map_err(|e| e.note("nothing was changed"))?;
    change(&session, report, Act::Unset, &keys, args.reason.as_deref(), |open| {
        let names: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes()).collect();
        match open.unset_all(&names)? {
            Some(missing) => Err(not_there(open, &keys[missing]).note("nothing was changed")),
            None => Ok(true),
        }
    })?;
    report.say(&format!("{} taken out of {}", keys.join(", "), session.project.label()));
    Ok(())
}
