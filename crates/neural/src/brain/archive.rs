//! Connectomes in archives: a zip of The Virtual Brain, or a zip of numpy arrays.

use std::borrow::Cow;

use super::connectome::{Connectome, ConnectomeError, Problem};
use super::text::Table;

/// Reads a zip as The Virtual Brain keeps connectomes: `weights.txt`, `centres.txt` (name and position of each region)
/// and, if there, `tract_lengths.txt`, in any folder. More than `limit_bytes` of memory are never taken.
pub fn read_tvb_zip(bytes: &[u8], limit_bytes: u64) -> Result<Connectome, ConnectomeError> {
    let zip = Zip::open(bytes)?;
    let find = |names: &[&str]| zip.entries.iter().find(|e| names.contains(&e.file_name()));
    let Some(weights) = find(&["weights.txt"]) else {
        let packed = find(&["weights.txt.bz2"]).is_some();
        let hint = if packed { "unpack the bz2 inside of the zip first" } else { "give a zip that holds it" };
        return Err(one("no weights.txt in the zip".to_owned(), hint));
    };
    let Some(centres) = find(&["centres.txt", "centers.txt"]) else {
        return Err(one("no centres.txt in the zip".to_owned(), "add one line per region: its name and position"));
    };
    let centres = zip.text(centres, limit_bytes)?;
    let labels: Vec<String> = centres
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split([' ', '\t', ',']).find(|field| !field.is_empty()))
        .map(str::to_owned)
        .collect();
    Connectome::within(labels.len(), limit_bytes)?;
    let matrix = |entry: &Entry| -> Result<Vec<f64>, ConnectomeError> {
        let table = Table::read(&zip.text(entry, limit_bytes)?, limit_bytes)?;
        if table.rows == labels.len() {
            return Ok(table.numbers);
        }
        let what = format!("{} has {} rows, centres.txt names {} regions", entry.name, table.rows, labels.len());
        Err(one(what, "give one row and one column per named region"))
    };
    let strengths = matrix(weights)?;
    let lengths = find(&["tract_lengths.txt"]).map(matrix).transpose()?;
    Connectome::new(labels, strengths, lengths)
}

/// Reads an npz: a square array called `weights`, `sc` or `connectivity`, or the only one there is; names of regions in
/// `labels` or `region_labels` (Unicode or bytes), lengths of tracts in `lengths` or `tract_lengths`.
/// Numbers may be floating-point or signed integers of four or eight bytes, in C or Fortran order.
pub fn read_npz(bytes: &[u8], limit_bytes: u64) -> Result<Connectome, ConnectomeError> {
    let zip = Zip::open(bytes)?;
    let find = |names: &[&str]| zip.entries.iter().find(|e| names.contains(&e.file_name().trim_end_matches(".npy")));
    let mut named = find(&["weights", "sc", "connectivity"]);
    if named.is_none() && zip.entries.len() == 1 {
        named = zip.entries.first();
    }
    let Some(named) = named else {
        let names: Vec<&str> = zip.entries.iter().map(|e| e.name.as_str()).take(20).collect();
        let what = format!("no array called weights, sc or connectivity; there are {}", names.join(", "));
        return Err(one(what, "rename the array of strengths to weights"));
    };
    let square = |entry: &Entry| -> Result<(usize, Vec<f64>), ConnectomeError> {
        let content = zip.unpack(entry, limit_bytes)?;
        let array = Array::read(entry, &content)?;
        let [n, m] = array.shape[..] else {
            return Err(one(format!("{} has {} dimensions", entry.name, array.shape.len()), "give a square array"));
        };
        if n != m {
            return Err(one(format!("{} is {n} by {m}", entry.name), "give a square array"));
        }
        Connectome::within(n, limit_bytes)?;
        Ok((n, array.numbers(entry)?))
    };
    let (n, strengths) = square(named)?;
    let labels = match find(&["labels", "region_labels"]) {
        Some(entry) => Array::read(entry, &zip.unpack(entry, limit_bytes)?)?.names(entry)?,
        None => (1..=n).map(|k| format!("region_{k}")).collect(),
    };
    let lengths = find(&["lengths", "tract_lengths"]).map(|e| square(e).map(|(_, x)| x)).transpose()?;
    Connectome::new(labels, strengths, lengths)
}

fn one(what: String, hint: &'static str) -> ConnectomeError {
    ConnectomeError(vec![Problem::new(what, hint)])
}

/// An array of the numpy format.
struct Array<'a> {
    kind: String,
    shape: Vec<usize>,
    fortran: bool,
    data: &'a [u8],
}

impl<'a> Array<'a> {
    /// Reads the header: magic, version, length, and a Python dictionary with `descr`, `fortran_order` and `shape`.
    ///
    /// Source: NumPy Enhancement Proposal 1, versions 1.0 and 2.0.
    fn read(entry: &Entry, bytes: &'a [u8]) -> Result<Array<'a>, ConnectomeError> {
        let broken = |why: &str| one(format!("{}: {why}", entry.name), "save the array anew with numpy.savez");
        let version = bytes.get(6).copied().unwrap_or(0);
        if bytes.get(..6) != Some(b"\x93NUMPY") || !(1..=3).contains(&version) {
            return Err(broken("no numpy array of version 1 to 3"));
        }
        let (from, length): (usize, Option<usize>) = if version == 1 {
            (10, u16_at(bytes, 8).map(usize::from))
        } else {
            (12, u32_at(bytes, 8).map(|x| x as usize))
        };
        let header = length.and_then(|length| bytes.get(from..from.checked_add(length)?));
        let header = header.and_then(|h| std::str::from_utf8(h).ok()).ok_or_else(|| broken("the header is cut off"))?;
        let after = |key: &str| header.split_once(&format!("'{key}':")).map(|(_, rest)| rest.trim_start());
        let kind = after("descr").and_then(|rest| rest.strip_prefix('\'')?.split('\'').next());
        let kind = kind.ok_or_else(|| broken("no plain type of number in the header"))?.to_owned();
        let fortran = after("fortran_order").is_some_and(|rest| rest.starts_with("True"));
        let shape = after("shape").and_then(|rest| rest.strip_prefix('(')?.split(')').next());
        let shape = shape.ok_or_else(|| broken("no shape in the header"))?;
        let shape: Result<Vec<usize>, _> =
            shape.split(',').map(str::trim).filter(|field| !field.is_empty()).map(str::parse).collect();
        let shape = shape.map_err(|_| broken("the shape holds no whole numbers"))?;
        let data = bytes.get(from + header.len()..).unwrap_or(&[]);
        Ok(Array { kind, shape, fortran, data })
    }

    /// Items of `size` bytes each, as many as the shape says.
    fn items(&self, entry: &Entry, size: usize) -> Result<impl Iterator<Item = &[u8]>, ConnectomeError> {
        let count = self.shape.iter().try_fold(1_usize, |product, n| product.checked_mul(*n));
        let bytes = count.and_then(|count| count.checked_mul(size)).filter(|_| size > 0);
        match bytes.and_then(|bytes| self.data.get(..bytes)) {
            Some(data) => Ok(data.chunks_exact(size)),
            None => Err(one(format!("{} is cut off", entry.name), "save the array anew with numpy.savez")),
        }
    }

    /// The numbers of a square array, row by row.
    fn numbers(&self, entry: &Entry) -> Result<Vec<f64>, ConnectomeError> {
        fn eight(b: &[u8]) -> [u8; 8] {
            std::array::from_fn(|i| b[i])
        }
        fn four(b: &[u8]) -> [u8; 4] {
            std::array::from_fn(|i| b[i])
        }
        let (size, number): (usize, fn(&[u8]) -> f64) = match self.kind.as_str() {
            "<f8" => (8, |b| f64::from_le_bytes(eight(b))),
            "<f4" => (4, |b| f64::from(f32::from_le_bytes(four(b)))),
            "<i8" => (8, |b| i64::from_le_bytes(eight(b)) as f64),
            "<i4" => (4, |b| f64::from(i32::from_le_bytes(four(b)))),
            other => {
                let what = format!("{} holds numbers of type {other}", entry.name);
                return Err(one(what, "convert it: astype('<f8')"));
            }
        };
        let stored: Vec<f64> = self.items(entry, size)?.map(number).collect();
        if !self.fortran {
            return Ok(stored);
        }
        let n = self.shape[0];
        Ok((0..stored.len()).map(|k| stored[k % n * n + k / n]).collect())
    }

    /// The names in an array of text.
    fn names(&self, entry: &Entry) -> Result<Vec<String>, ConnectomeError> {
        let odd =
            || one(format!("{} holds {}", entry.name, self.kind), "store names as text: numpy.array([...], dtype=str)");
        let width = |prefix: &str| self.kind.strip_prefix(prefix).and_then(|n| n.parse::<usize>().ok());
        if let Some(width) = width("<U") {
            let size = width.checked_mul(4).ok_or_else(odd)?;
            let letter = |b: &[u8]| char::from_u32(u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            let name = |item: &[u8]| item.chunks_exact(4).map_while(letter).take_while(|c| *c != '\0').collect();
            return Ok(self.items(entry, size)?.map(name).collect());
        }
        let width = width("|S").ok_or_else(odd)?;
        let name = |item: &[u8]| String::from_utf8_lossy(item).trim_end_matches('\0').to_owned();
        Ok(self.items(entry, width)?.map(name).collect())
    }
}

/// The directory of a zip.
struct Zip<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    method: u16,
    packed: usize,
    size: usize,
    checksum: u32,
    header: usize,
}

impl Entry {
    fn file_name(&self) -> &str {
        self.name.rsplit(['/', '\\']).next().unwrap_or("")
    }
}

impl<'a> Zip<'a> {
    /// Reads the central directory.
    ///
    /// Source: PKWARE APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16. Not read: 64-bit sizes, encryption, parts.
    fn open(bytes: &'a [u8]) -> Result<Zip<'a>, ConnectomeError> {
        let broken = || one("this is no whole zip archive".to_owned(), "check that the file is complete");
        // The end record is 22 bytes and a comment of at most 65,535.
        let lowest = bytes.len().saturating_sub(22 + 65_535);
        let end = (lowest..=bytes.len().saturating_sub(22)).rev().find(|at| u32_at(bytes, *at) == Some(0x0605_4B50));
        let end = end.ok_or_else(broken)?;
        let count = u16_at(bytes, end + 10).ok_or_else(broken)?;
        let mut at = u32_at(bytes, end + 16).ok_or_else(broken)? as usize;
        let mut entries = Vec::new();
        for _ in 0..count {
            if u32_at(bytes, at) != Some(0x0201_4B50) {
                return Err(broken());
            }
            let short = |offset: usize| u16_at(bytes, at + offset).ok_or_else(broken);
            let long = |offset: usize| u32_at(bytes, at + offset).ok_or_else(broken);
            let length = usize::from(short(28)?);
            let name = bytes.get(at + 46..at + 46 + length).ok_or_else(broken)?;
            entries.push(Entry {
                name: String::from_utf8_lossy(name).into_owned(),
                method: short(10)?,
                checksum: long(16)?,
                packed: long(20)? as usize,
                size: long(24)? as usize,
                header: long(42)? as usize,
            });
            at += 46 + length + usize::from(short(30)?) + usize::from(short(32)?);
        }
        entries.retain(|entry| !entry.name.ends_with('/'));
        Ok(Zip { bytes, entries })
    }

    /// The content of an entry, never more than `limit_bytes`.
    fn unpack(&self, entry: &Entry, limit_bytes: u64) -> Result<Cow<'a, [u8]>, ConnectomeError> {
        let broken = || one(format!("{} in the zip is damaged", entry.name), "make the zip anew");
        if entry.size as u64 > limit_bytes {
            let what = format!("{} unpacks to {} bytes, the limit is {limit_bytes}", entry.name, entry.size);
            return Err(one(what, "raise the limit or take a coarser parcellation"));
        }
        let names = u16_at(self.bytes, entry.header.saturating_add(26)).ok_or_else(broken)?;
        let extra = u16_at(self.bytes, entry.header.saturating_add(28)).ok_or_else(broken)?;
        let from = entry.header + 30 + usize::from(names) + usize::from(extra);
        let packed = self.bytes.get(from..from.saturating_add(entry.packed)).ok_or_else(broken)?;
        let content = match entry.method {
            0 => Cow::Borrowed(packed),
            8 => Cow::Owned(
                miniz_oxide::inflate::decompress_to_vec_with_limit(packed, entry.size).map_err(|_| broken())?,
            ),
            method => {
                let what = format!("{} is packed by method {method}", entry.name);
                return Err(one(what, "pack it with deflate, as zip does by default"));
            }
        };
        if content.len() != entry.size || checksum(&content) != entry.checksum {
            return Err(broken());
        }
        Ok(content)
    }

    fn text(&self, entry: &Entry, limit_bytes: u64) -> Result<String, ConnectomeError> {
        Ok(String::from_utf8_lossy(&self.unpack(entry, limit_bytes)?).into_owned())
    }
}

/// CRC-32 of the IEEE polynomial, as zip has it.
fn checksum(bytes: &[u8]) -> u32 {
    let table: [u32; 256] =
        std::array::from_fn(|k| (0..8).fold(k as u32, |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 }));
    !bytes.iter().fold(u32::MAX, |c, b| table[((c ^ u32::from(*b)) & 0xFF) as usize] ^ (c >> 8))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let b = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes([b[0], b[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let b = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}
