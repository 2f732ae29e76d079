//! The science: mechanisms, evidence and assemblies as embedded data.
