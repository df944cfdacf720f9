//! `reseal deploy`: starts the services on what the sealed file holds now.

use super::args::{DeployArgs, Global};
use super::report::Report;
use super::session::{self, Session};
use crate::audit::{self, Act, Event};
use crate::config::DeployKind;
use crate::deploy::{self, Release};
use crate::error::{Error, Result};
use crate::rotate;
use crate::sops::Open;

pub(super) fn run(global: &Global, args: &DeployArgs, report: &Report) -> Result<()> {
    let session = Session::new(global)?;
    if args.files_only {
        return files_only(&session, report);
    }
    let kind = session.config.deploy.kind;
    if kind == DeployKind::None && session.config.probes.is_empty() {
        return Err(Error::usage("the policy names nothing to start")
            .hint("write [deploy] into reseal.toml, or use `reseal exec -- COMMAND`"));
    }
    session.sealed()?;
    let _lock = session.project.lock()?;
    rotate::none_unfinished(&session.project)?;
    let open = session.open(report)?;
    let done = start(&session, &open, report);
    let project = &session.project;
    let event = Event {
        reason: args.reason.clone(),
        failure: done.as_ref().err().map(ToString::to_string),
        ..Event::of(Act::Deployed, project.label(), session::who())
    };
    if done.is_ok() {
        forget(&session, &open, report);
    }
    let recorded = audit::record(&project.audit(), project.attributes.owner, &event, &session::now());
    done?;
    recorded.map_err(|e| e.note("the services are started; only the record of it is missing"))?;
    report.say(&format!("deployed: the services run on what {} holds", project.label()));
    Ok(())
}

/// Checks, starts, and waits until all is well.
fn start(session: &Session, open: &Open, report: &Report) -> Result<()> {
    let config = &session.config;
    let site = session.world(report).site;
    let values: Vec<_> = open.entries().map(|e| (e.name, e.value)).collect();
    let untouched = |e: Error| e.note("nothing was started");
    deploy::preflight(&config.deploy, &site).map_err(untouched)?;
    deploy::carries(&config.deploy, &site, &values).map_err(untouched)?;
    let versions = rotate::versions(open);
    let release = Release { values: &values, versions: &versions, changed: None, files: &[] };
    deploy::redeploy(&config.deploy, &site, &release)?;
    for probe in &config.probes {
        deploy::wait(probe, &site, config.deploy.project.as_deref())?;
    }
    Ok(())
}

/// Takes away what services were given of values that are not in the file any more. What is still in use stays, and is
/// no reason to say that services were not started.
fn forget(session: &Session, open: &Open, report: &Report) {
    let site = session.world(report).site;
    let keys = open.names_to_record();
    if let Err(error) = deploy::tidy(&session.config.deploy, &site, &rotate::versions(open), &keys) {
        report.note(&error.to_string());
    }
}

/// For a unit that starts before others: it may be run by a rotation that restarts them, and after a crash in the middle
/// of one, so it takes no lock. What is live is whole at any time (I2).
fn files_only(session: &Session, report: &Report) -> Result<()> {
    let open = session.open(report)?;
    let values: Vec<_> = open.entries().map(|e| (e.name, e.value)).collect();
    let site = session.world(report).site;
    deploy::carries(&session.config.deploy, &site, &values)?;
    if deploy::prepare(&session.config.deploy, &site, &values)? {
        return Ok(());
    }
    Err(Error::usage("`--files-only` is for [deploy] of kind \"systemd\", which has files to write")
        .hint("run `reseal deploy`"))
}
