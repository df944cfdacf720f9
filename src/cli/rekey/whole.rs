//! A whole age file names nobody: it is sealed for those whom the policy names.

use super::{Done, locked_out, opens};
use crate::audit::{Act, Event};
use crate::cli::args::RekeyArgs;
use crate::cli::change::{put, record_event};
use crate::cli::report::Report;
use crate::cli::session::{self, Session};
use crate::cli::terminal::Terminal;
use crate::error::{Error, Result};
use crate::sops::{Readers, Sealed};

/// The lock is held; `before` is what `sealed` was read from.
pub(super) fn rekey(
    session: &Session,
    args: &RekeyArgs,
    terminal: &Terminal,
    (sealed, before): (Sealed, &[u8]),
    report: &Report,
) -> Result<Done> {
    let in_policy =
        "write them into `recipients` of reseal.toml, then run `reseal rekey` without `--add` or `--remove`";
    if !args.add.is_empty() || !args.remove.is_empty() || args.from_config || args.key_group.is_some() {
        return Err(Error::usage("a whole age file does not name those who can open it; the policy does")
            .note("nothing was changed")
            .hint(in_policy));
    }
    let named: Vec<String> = session.keyring.readers().iter().map(|r| r.text().to_owned()).collect();
    if named.is_empty() {
        return Err(Error::failed("the policy names nobody for whom the age file could be sealed")
            .note("nothing was changed")
            .hint(in_policy));
    }
    let mut open = session.opened(sealed, report)?;
    open.seal_for_the_named();
    let after = open.seal(&session::now(), &mut *session::random())?;
    let mut done = Done {
        label: session.project.label(),
        written: false,
        changes: Vec::new(),
        readers: Readers::one(named.clone()),
        // each age file has a key of its own
        new_data_key: true,
        opens: opens(session, &after)?,
    };
    locked_out(&done, report);
    if args.dry_run {
        return Ok(done);
    }
    if !args.yes && !done.opens {
        super::confirm(terminal, &done)?;
    }
    put(session, report, before, &after)?;
    done.written = true;
    let event = Event::of(Act::Rekeyed, session.project.label(), session::who());
    record_event(session, &Event { reason: args.reason.clone(), new_data_key: true, ..event })?;
    report.say(&format!("{} is sealed for those whom reseal.toml names: {}", done.label, named.len()));
    Ok(done)
}
