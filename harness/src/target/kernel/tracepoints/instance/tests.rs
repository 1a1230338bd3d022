//! Pages of a ring buffer, made by hand.

use super::*;

/// A page with this behind its head.
fn page(body: &[u8]) -> Vec<u8> {
    let mut page = vec![0; USED_AT];
    page.extend(body.len().to_ne_bytes());
    page.extend(body);
    page.resize(4096, 0xee);
    page
}

fn word(kind: u32, time: u32) -> [u8; 4] {
    (kind | time << 5).to_ne_bytes()
}

fn read(page: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    records(page, &mut |record| found.push(record.to_vec()));
    found
}

#[test]
fn records_follow_one_another() {
    let mut body = word(2, 5).to_vec();
    body.extend(*b"12345678");
    body.extend(word(30, 1));
    body.extend([0; 4]);
    body.extend(word(0, 1));
    body.extend(12_u32.to_ne_bytes());
    body.extend(*b"longlong");
    body.extend(word(29, 3));
    body.extend(8_u32.to_ne_bytes());
    body.extend([0; 4]);
    body.extend(word(1, 1));
    body.extend(*b"last");
    assert_eq!(read(&page(&body)), [b"12345678".to_vec(), b"longlong".to_vec(), b"last".to_vec()]);
}

#[test]
fn what_is_beyond_the_used_part_is_old() {
    let mut body = word(1, 0).to_vec();
    body.extend(*b"here");
    let mut page = page(&body);
    let old = RECORDS_AT + body.len();
    page[old..old + 4].copy_from_slice(&word(1, 0));
    assert_eq!(read(&page), [b"here".to_vec()]);
    page[USED_AT + 3] |= 0x80;
    assert_eq!(read(&page), [b"here".to_vec()], "records were lost before");
}

#[test]
fn padding_without_time_ends_a_page() {
    let mut body = word(29, 0).to_vec();
    body.extend(word(1, 0));
    body.extend(*b"past");
    assert!(read(&page(&body)).is_empty());
}

#[test]
fn damaged_pages_end() {
    assert!(read(&[]).is_empty());
    let mut body = word(0, 0).to_vec();
    body.extend(u32::MAX.to_ne_bytes());
    assert!(read(&page(&body)).len() <= 1);
    let zeros = [0; 512];
    assert!(read(&page(&zeros)).iter().all(Vec::is_empty));
    let long = word(28, 0);
    assert_eq!(read(&page(&long)), [Vec::<u8>::new()], "nothing of it is there");
}
