-- Run once on every server as an administrator: clickhouse-client --secure --multiquery < users.sql
-- Change both passwords first. Users made in SQL are kept by each server; run the file again on a new one.

CREATE SETTINGS PROFILE IF NOT EXISTS didymium_writer SETTINGS
    async_insert = 0,
    insert_deduplicate = 1,
    max_execution_time = 300,
    max_memory_usage = 8000000000;

CREATE SETTINGS PROFILE IF NOT EXISTS didymium_reader SETTINGS
    readonly = 1 READONLY,
    max_execution_time = 60,
    max_memory_usage = 4000000000,
    max_threads = 4;

-- The centre: it may do everything in its own database and see what lies on the disks.
CREATE USER IF NOT EXISTS didymium IDENTIFIED WITH sha256_password BY 'CHANGE-ME' HOST IP '10.0.0.0/24' SETTINGS PROFILE 'didymium_writer';
GRANT CREATE DATABASE, CREATE TABLE, DROP TABLE, TRUNCATE, ALTER, OPTIMIZE, SELECT, INSERT ON didymium.* TO didymium;
GRANT SYSTEM SYNC REPLICA ON didymium.* TO didymium;
GRANT SELECT ON system.parts TO didymium;
GRANT SELECT ON system.detached_parts TO didymium;
GRANT SELECT ON system.disks TO didymium;
GRANT SELECT ON system.tables TO didymium;
GRANT SELECT ON system.columns TO didymium;
GRANT SELECT ON system.clusters TO didymium;
GRANT SELECT ON system.settings TO didymium;
GRANT CREATE TEMPORARY TABLE, REMOTE ON *.* TO didymium;

-- Everybody else: reading, bounded, nothing but the tables.
CREATE USER IF NOT EXISTS didymium_reader IDENTIFIED WITH sha256_password BY 'CHANGE-ME-TOO' SETTINGS PROFILE 'didymium_reader';
GRANT SELECT ON didymium.* TO didymium_reader;
