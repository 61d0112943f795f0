"""Jenkins: parameterised jobs, by its remote access API (https://www.jenkins.io/doc/book/using/remote-access-api/)."""
