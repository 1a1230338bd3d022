use super::*;
use crate::{campaign::discovery::Standing, target::spec::TargetOptions};

#[test]
fn each_new_way_to_part_comes_back_once_and_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let spec = |name: &str| name.parse().unwrap();
    let plan = Plan::between(&spec("reference"), &spec("reference:rfc793"), TargetOptions::default(), folder.path());
    let fuzzed = Fuzzed::start(plan).unwrap();
    let mut rng = fastrand::Rng::with_seed(3);
    let inputs: Vec<Vec<u8>> = (0..200).map(|_| (0..160).map(|_| rng.u8(..)).collect()).collect();
    let first: Vec<_> = inputs.iter().flat_map(|bytes| fuzzed.execute(bytes)).collect();
    assert!(first.len() > 1, "{first:?}");
    for found in &first {
        assert!(found.standing == Standing::New && found.file.as_ref().unwrap().exists());
    }
    assert_eq!(inputs.iter().flat_map(|bytes| fuzzed.execute(bytes)).count(), 0, "seen before");
}
