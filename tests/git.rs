//! Real repositories whose sealed files are merged, shown and watched for values. What a kind of file looks like is a
//! [`repository::Sample`]; the tests are the same for all kinds.

mod chosen;
mod install;
mod killed;
mod merged;
mod recipients;
mod repository;
mod shown;
