//! Values that a declared consumer reads otherwise, or cannot read at all (I9).

use crate::config::Config;
use crate::dialect::{Level, faults};
use crate::disk::{Project, quoted};
use crate::sops::Open;

use super::{Finding, Mend};

/// What the consumers of the policy would make of the values: findings where no text helps, and notes where quoting does.
pub fn lossy(project: &Project, config: &Config, open: &Open) -> (Vec<Finding>, Vec<String>) {
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    for entry in open.entries() {
        for fault in faults(&config.consumers, entry.name, entry.value) {
            let key = String::from_utf8_lossy(entry.name);
            match fault.level {
                Level::Never => findings.push(Finding {
                    path: project.sealed.clone(),
                    what: fault.to_string(),
                    remedy: match fault.of_name {
                        // another value would not help
                        true => "reseal edit".to_owned(),
                        false => format!("reseal set {}", quoted(std::path::Path::new(&*key))),
                    },
                    mend: Mend::ByHand,
                }),
                Level::Quoting => notes.push(fault.told()),
            }
        }
    }
    (findings, notes)
}
