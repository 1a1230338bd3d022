use std::os::unix::fs::FileExt;

use super::*;

#[test]
fn what_was_noted_last() {
    let folder = tempfile::tempdir().expect("a folder");
    let noted = Noted::new(&folder.path().join("input")).expect("a file");
    assert_eq!(noted.read(0), [0_u8; 0]);
    let inside = File::options().write(true).open(folder.path().join("input")).expect("the file");
    for input in [&b"a longer input"[..], b"short", b""] {
        write(&inside, 0, input);
        assert_eq!(noted.read(0), input);
    }
    // Each has a place of its own.
    write(&inside, 3, b"another's");
    write(&inside, 0, &[7; MOST]);
    assert_eq!((noted.read(3), noted.read(1), noted.read(0)), (b"another's".to_vec(), Vec::new(), vec![7; MOST]));
    // Half of one, as a length that nothing follows.
    inside.write_all_at(&1_000_u32.to_le_bytes(), 9 * PLACE as u64).expect("written");
    assert_eq!(noted.read(9), [0_u8; 0]);
}

#[test]
fn whose_turn_it_was() {
    let console = "Kernel panic - not syncing: BUG\nbatch: in a call of caller 17\n\nEAX is 0\n";
    assert_eq!(caller(console), Some(17));
    assert_eq!(caller("Kernel panic - not syncing: BUG\n"), None);
}
