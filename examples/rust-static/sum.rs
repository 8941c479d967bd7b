// SPDX-License-Identifier: Apache-2.0
// Adds up numbers in threads, and says what went wrong with those that are none.
use std::thread;

fn main() {
    let workers: Vec<_> = std::env::args()
        .skip(1)
        .map(|word| thread::spawn(move || word.parse::<u64>().map_err(|e| format!("{}: {}", word, e))))
        .collect();
    let mut sum = 0;
    for worker in workers {
        match worker.join().unwrap() {
            Ok(n) => sum += n,
            Err(e) => println!("{}", e),
        }
    }
    println!("the sum is {}", sum);
}
