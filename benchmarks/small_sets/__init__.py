"""Small sets in the published data sets' true layouts, of an instance's own pictures: what two cores can run of their protocols."""
