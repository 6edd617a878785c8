-- The role of the rooms, for a database `cairn` that the role `cairn` owns: it reads and writes rows, and may not change the schema.
-- One statement a line. docs/security.md says who is who; compose/prepare.sh fills in the password.
CREATE ROLE cairn_rooms LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD '@PASSWORD@';
REVOKE ALL ON DATABASE cairn FROM PUBLIC;
GRANT CONNECT ON DATABASE cairn TO cairn_rooms;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO cairn_rooms;
ALTER DEFAULT PRIVILEGES FOR ROLE cairn IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cairn_rooms;
ALTER DEFAULT PRIVILEGES FOR ROLE cairn IN SCHEMA public GRANT SELECT, USAGE ON SEQUENCES TO cairn_rooms;
