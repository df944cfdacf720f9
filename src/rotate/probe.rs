//! Probe: waits until every service is well on the new values, each probe with its own deadline, and logs in once more
//! with the new values: a redeploy may have started a service that forgot what it was told. Last it looks whether any
//! container still has an old value.

use std::time::{Duration, Instant};

use super::apply::COMES_BACK;
use super::consumers;
use super::context::Context;
use super::request::Change;
use super::service::{self, Login};
use crate::error::{Error, Result};
use crate::saga::{Note, Step};

pub(super) struct Probe;

impl Step<Context<'_>> for Probe {
    fn name(&self) -> String {
        "probe".into()
    }

    fn act(&self, cx: &Context<'_>) -> Result<Note> {
        if !cx.request.deploy {
            return Ok(Note::Skipped);
        }
        cx.wait_until_well()?;
        for change in &cx.request.secrets {
            logs_in(cx, change)?;
        }
        consumers::have_the_new(cx)?;
        Ok(Note::Nothing)
    }

    fn undo(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}

fn logs_in(cx: &Context<'_>, change: &Change) -> Result<()> {
    let Some(config) = &change.policy.target else { return Ok(()) };
    let pending = cx.world.open(&cx.pending())?;
    let login = Login::of(&pending, &change.name, &change.policy)?;
    let started = Instant::now();
    loop {
        // found anew each time: a container has another address after a redeploy
        let tried = service::open(cx.world, config, &[&pending])
            .and_then(|target| target.test(&login.credential()).map_err(|e| e.context(target.name())));
        let wrong = match tried {
            Ok(true) => return Ok(()),
            Ok(false) => Error::failed(format!(
                "since the redeploy the service of \"{}\" refuses the new value",
                change.name
            )),
            Err(error) => error,
        };
        if started.elapsed() > config.timeout * COMES_BACK {
            return Err(wrong);
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}
