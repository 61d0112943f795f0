"""The back office: reading, changing and publishing the content of sites, and following what others change in their buckets."""
