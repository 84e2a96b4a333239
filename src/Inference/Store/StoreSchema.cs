using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Diffusion.Inference.Store;

/// <summary>The steps that bring a database to the newest schema; <c>user_version</c> counts those it has taken. Steps are only ever added.</summary>
internal static class StoreSchema
{
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE generations (
            Id TEXT NOT NULL PRIMARY KEY,
            State INTEGER NOT NULL,
            Client TEXT,
            Document TEXT NOT NULL,
            Created INTEGER NOT NULL,
            Started INTEGER,
            Ended INTEGER,
            CancelRequested INTEGER NOT NULL,
            ResultBytes INTEGER NOT NULL,
            QueueMilliseconds REAL,
            SampleMilliseconds REAL,
            Problem TEXT,
            Detail TEXT,
            Revision INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX generations_state ON generations (State, Id);
        CREATE INDEX generations_ended ON generations (State, Ended);
        CREATE TABLE answers (
            Key TEXT NOT NULL PRIMARY KEY,
            Fingerprint TEXT NOT NULL,
            Created INTEGER NOT NULL,
            Status INTEGER NOT NULL,
            Headers TEXT NOT NULL,
            Body BLOB NOT NULL,
            Bytes INTEGER NOT NULL
        );
        CREATE INDEX answers_created ON answers (Created, Bytes);
        """,
        """
        ALTER TABLE generations ADD COLUMN Attempts INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX generations_client ON generations (Client, Id);
        """,
    ];

    /// <summary>Takes the steps that are missing, each as a whole.</summary>
    /// <exception cref="StoreUnavailableException">The database was written by a newer version.</exception>
    public static void Bring(SqliteConnection connection)
    {
        var version = Convert.ToInt32(Scalar(connection, "PRAGMA user_version"), CultureInfo.InvariantCulture);
        if (version > Steps.Length) throw new StoreUnavailableException($"The records have schema {version}; this version of the service knows {Steps.Length}.");
        for (var next = version; next < Steps.Length; next++)
        {
            using var transaction = connection.BeginTransaction();
            Execute(connection, Steps[next], transaction);
            Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {next + 1}"), transaction);
            transaction.Commit();
        }
    }

    public static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, transaction);
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
