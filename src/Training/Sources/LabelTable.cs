using System.Text;
using Diffusion.Training.Data;
using Microsoft.VisualBasic.FileIO;

namespace Diffusion.Training.Sources;

/// <summary>Labels beside the images: <c>labels.csv</c> with the columns <c>file</c>, <c>label</c> and, if it likes, <c>split</c>.</summary>
internal sealed class LabelTable
{
    public const string FileName = "labels.csv";
    private readonly Dictionary<string, (string? Split, string Label)> rows = new(StringComparer.Ordinal);

    /// <summary>Files that are named, in order of their names.</summary>
    public IEnumerable<string> Files => rows.Keys.Order(StringComparer.Ordinal);

    /// <exception cref="DamagedDataException">Names the line and what is wrong with it.</exception>
    public static LabelTable Read(Stream csv, string path)
    {
        using var parser = new TextFieldParser(csv, Encoding.UTF8) { TextFieldType = FieldType.Delimited, HasFieldsEnclosedInQuotes = true };
        parser.SetDelimiters(",");
        var table = new LabelTable();
        try
        {
            var header = parser.ReadFields() ?? [];
            var (file, label, split) = (Column("file"), Column("label"), Array.IndexOf(header, "split"));
            while (!parser.EndOfData)
            {
                var line = parser.LineNumber;
                var fields = parser.ReadFields()!;
                if (fields.Length != header.Length) throw new DamagedDataException(path, $"line {line} has {fields.Length} fields, the header {header.Length}.");
                if (fields[label].Length == 0) throw new DamagedDataException(path, $"line {line} has no label.");
                if (!table.rows.TryAdd(fields[file], (split < 0 || fields[split].Length == 0 ? null : fields[split], fields[label])))
                    throw new DamagedDataException(path, $"line {line} names '{fields[file]}' again.");
            }

            int Column(string name) => Array.IndexOf(header, name) is >= 0 and var at ? at : throw new DamagedDataException(path, $"has no column '{name}'; its columns are: {string.Join(", ", header)}.");
        }
        catch (MalformedLineException malformed)
        {
            throw new DamagedDataException(path, $"line {malformed.LineNumber} is no line of comma-separated values.");
        }
        return table;
    }

    /// <summary>What is said of a file; false if nothing is.</summary>
    public bool Find(string entry, out (string? Split, string? Label) meaning)
    {
        var found = rows.TryGetValue(entry, out var row);
        meaning = row;
        return found;
    }
}
