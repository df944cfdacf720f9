//! Logs, measures, alerts and quality.

use super::super::row::Part::Pad;
use super::super::row::Set::{Alnum, Base32, Base64, Hex, Low, Up, Url};
use super::super::row::{Row, row};
use super::super::sum::Sum;
use super::{is, of, to};

pub(super) const ROWS: &[Row] = &[
    row("grafana-token", "Grafana service account token", "glsa_", &[of(Alnum, 32), is("_"), of(Hex, 8)])
        .sum(Sum::Grafana),
    row("grafana-token", "Grafana Cloud token", "glc_", &[to(Base64, 40, 400), Pad]),
    row("grafana-token", "Grafana API key", "eyJrIjoi", &[to(Base64, 40, 400), Pad]),
    row("newrelic-key", "New Relic user key", "NRAK-", &[of(Up, 27)]),
    row("newrelic-key", "New Relic admin key", "NRAA-", &[of(Hex, 27)]),
    row("newrelic-key", "New Relic insert key", "NRII-", &[of(Url, 32)]),
    row("newrelic-key", "New Relic query key", "NRIQ-", &[of(Url, 32)]),
    row("newrelic-key", "New Relic licence key", "NRAL", &[]).before(Hex, 36),
    row("sentry-token", "Sentry user token", "sntryu_", &[of(Hex, 64)]),
    row(
        "sentry-token",
        "Sentry organisation token",
        "sntrys_",
        &[to(Base64, 60, 500), Pad, is("_"), of(Base64, 43)],
    )
    .sum(Sum::Json),
    row("sentry-token", "Sentry app token", "sntrya_", &[of(Hex, 64)]),
    row("sentry-token", "Sentry integration token", "sntryi_", &[of(Hex, 64)]),
    row("honeycomb-key", "Honeycomb ingest key", "hcaik_", &[of(Low, 58)]),
    row("honeycomb-key", "Honeycomb management key", "hcamk_", &[of(Low, 58)]),
    row("honeycomb-key", "Honeycomb ingest key", "hcxik_", &[of(Low, 58)]),
    row("dynatrace-token", "Dynatrace token", "dt0c01.", &[of(Base32, 24), is("."), of(Base32, 64)]),
    row("dynatrace-token", "Dynatrace token", "dt0s16.", &[of(Base32, 8), is("."), of(Base32, 64)]),
    row("dynatrace-token", "Dynatrace token", "dt0s01.", &[of(Base32, 24), is("."), of(Base32, 64)]),
    row("pagerduty-key", "PagerDuty key", "u+", &[of(Url, 18)]).near("pagerduty"),
    row("rootly-key", "Rootly key", "rootly_", &[of(Hex, 64)]),
    row("axiom-token", "Axiom token", "xaat-", super::UUID),
    row("axiom-token", "Axiom personal token", "xapt-", super::UUID),
    row("statsig-key", "Statsig secret", "secret-", &[of(Alnum, 40)]).near("statsig"),
    row("launchdarkly-key", "LaunchDarkly key", "sdk-", super::UUID),
    row("launchdarkly-key", "LaunchDarkly token", "api-", super::UUID),
    row("devcycle-key", "DevCycle key", "dvc_server_", &[to(Alnum, 8, 32), is("_"), to(Alnum, 20, 60)]),
    row("configcat-key", "ConfigCat key", "configcat-sdk-1/", &[of(Url, 22), is("/"), of(Url, 22)]),
    row("logfire-token", "Logfire token", "pylf_v1_", &[to(Low, 2, 5), is("_"), to(Alnum, 40, 50)]),
    row("aikido-token", "Aikido secret", "AIK_SECRET_", &[of(Alnum, 64)]),
    row("aikido-token", "Aikido CI token", "AIK_CI_", &[to(Alnum, 20, 44)]),
    row("snyk-token", "Snyk service token", "snyk_uat.", &[of(Hex, 8), is("."), to(Url, 20, 800)]),
    row("semgrep-token", "Semgrep token", "sgp_", &[of(Alnum, 64)]),
];
