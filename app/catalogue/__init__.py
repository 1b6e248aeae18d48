"""The museum's catalogue: works, artists, pictures, collections; named queries; importers, one file per source format."""
