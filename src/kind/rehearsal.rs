//! What belongs to tests, examples and fixtures.

/// Whether a path says so. `cased` is the last part of it as it is written.
pub(super) fn is_one(folders: &str, base: &str, cased: &str) -> bool {
    folders.split('/').any(is_folder) || is_file(base, cased)
}

fn is_folder(folder: &str) -> bool {
    let folder = folder.trim_matches(['_', '.']);
    matches!(
        folder,
        "test"
            | "tests"
            | "testing"
            | "testsuite"
            | "testsuites"
            | "spec"
            | "specs"
            | "testdata"
            | "test-data"
            | "test_data"
            | "testfiles"
            | "test-fixtures"
            | "test_fixtures"
            | "testfixtures"
            | "fixture"
            | "fixtures"
            | "mock"
            | "mocks"
            | "mockdata"
            | "stub"
            | "stubs"
            | "fake"
            | "fakes"
            | "example"
            | "examples"
            | "sample"
            | "samples"
            | "demo"
            | "demos"
            | "e2e"
            | "cypress"
            | "playwright"
            | "snapshots"
            | "cassettes"
            | "bench"
            | "benches"
            | "benchmark"
            | "benchmarks"
            | "fuzz"
            | "tutorial"
            | "tutorials"
            | "testutil"
            | "testutils"
            | "unittest"
            | "unittests"
            | "integration"
            | "acceptance"
            | "storybook"
            | "stories"
            | "quickstart"
            | "quickstarts"
            | "dummy"
    ) || folder.ends_with("-tests")
        || folder.ends_with("_tests")
        || folder.ends_with("-test")
        || folder.ends_with("_test")
        || folder.ends_with("-examples")
        || folder.ends_with(".tests")
        || folder.starts_with("test-")
        || folder.starts_with("tests-")
}

fn is_file(base: &str, cased: &str) -> bool {
    let stem = base.trim_start_matches('.');
    let name = stem.split('.').next().unwrap_or_default();
    // FooTest.java, FooTests.cs, FooSpec.scala, FooIT.java
    let camel = cased.split('.').next().unwrap_or_default();
    let camel = camel.len() > 5
        && ["Test", "Tests", "TestCase", "Spec", "IT", "Mock"].iter().any(|e| camel.ends_with(e));
    let part = |part: &str| {
        matches!(
            part,
            "test"
                | "tests"
                | "spec"
                | "e2e"
                | "fixture"
                | "fixtures"
                | "mock"
                | "mocks"
                | "stories"
                | "cy"
                | "testing"
        )
    };
    camel
        || stem.split('.').any(part)
        || matches!(name, "conftest" | "test" | "tests" | "env-test" | "env_test")
        || name.starts_with("test_")
        || name.starts_with("test-")
        || name.starts_with("mock_")
        || ["_test", "-test", "_tests", "-tests", "_spec", "-spec", "_mock", "_fixture", "_fixtures"]
            .iter()
            .any(|end| name.ends_with(end))
        || matches!(stem, "env.ci" | "ci.env")
}
