use std::collections::BTreeSet;

use super::*;

/// Each port and address counts in the hash, of both families.
#[test]
fn every_octet_of_a_pair_is_hashed() {
    let keyed = Keyed([1, 2, 3, 4, 5, 6]);
    let pair = |local: &str, remote: &str| Pair {
        local: local.parse().expect("a socket"),
        remote: remote.parse().expect("a socket"),
    };
    let pairs = [
        pair("10.0.0.1:80", "10.0.0.2:4000"),
        pair("10.0.0.2:80", "10.0.0.1:4000"),
        pair("10.0.0.1:4000", "10.0.0.2:80"),
        pair("10.0.0.1:80", "10.0.0.2:4001"),
        pair("10.0.0.1:80", "10.0.0.3:4000"),
        pair("[::a00:1]:80", "[::a00:2]:4000"),
        pair("[::a00:1]:80", "[1::a00:2]:4000"),
        pair("[1::a00:1]:80", "[::a00:2]:4000"),
    ];
    let hashes: BTreeSet<u64> = pairs.iter().map(|pair| keyed.hash_one(pair)).collect();
    assert_eq!(hashes.len(), pairs.len());
}

/// Pairs that differ by little are spread over the bits that a table looks at: the lowest and the highest ones.
#[test]
fn similar_pairs_are_spread() {
    let keyed = Keyed([0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 3, 4, 5, 6]);
    let hashes: Vec<u64> = (0..4096_u16)
        .map(|port| {
            let remote = core::net::SocketAddr::from(([10, 0, (port >> 8) as u8, port as u8], 4000));
            keyed.hash_one(Pair { local: ([10, 0, 0, 1], 80).into(), remote })
        })
        .collect();
    for (name, shift) in [("lowest", 0), ("highest", 52)] {
        let places: BTreeSet<u64> = hashes.iter().map(|hash| hash >> shift & 0xfff).collect();
        // By chance 4096 * (1 - 1/e) of them.
        assert!(places.len() > 2400, "{name} bits: {} places of 4096", places.len());
    }
}
