-- Tasks as ftrace prints them: comm-pid. The row of id 0 has an empty text: no task.
CREATE VIEW _task AS
SELECT id, comm, iif(id = 0, '', comm || '-' || pid) AS text
FROM task;
