using System.Globalization;

namespace Diffusion.Tests.Faults;

/// <summary>
/// A file system that forgets: it is fed the recorded calls of a writer, and knows of every file and folder what has been
/// flushed and what has only been written. A flushed file has its bytes; a flushed folder has its names. Nothing else is promised.
/// </summary>
internal sealed class RecordedDisk
{
    private readonly string root;
    private readonly Node top = new(isFolder: true);
    private readonly Dictionary<int, Node> open = [];

    /// <param name="root">The folder in which everything happens; it was there before.</param>
    public RecordedDisk(string root) => this.root = root;

    /// <summary>Notes of the writer so far.</summary>
    public int Notes { get; private set; }

    /// <summary>Does one recorded call.</summary>
    public void Feed(string line)
    {
        var part = line.Split('\t');
        switch (part[0])
        {
            case "note": Notes++; break;
            case "open": Open(int.Parse(part[1], CultureInfo.InvariantCulture), part[2] == "new", part[3] == "cut", part[4]); break;
            case "close": open.Remove(int.Parse(part[1], CultureInfo.InvariantCulture)); break;
            case "write": Of(part[1]).Write(int.Parse(part[2], CultureInfo.InvariantCulture), Convert.FromHexString(part[3])); break;
            case "cut": Of(part[1]).Cut(int.Parse(part[2], CultureInfo.InvariantCulture)); break;
            case "fsync": Of(part[1]).Flush(); break;
            case "mkdir": Above(part[1]).Change([new(Name(part[1]), new Node(isFolder: true))]); break;
            case "unlink" or "rmdir": Above(part[1]).Change([new(Name(part[1]), null)]); break;
            case "rename": Rename(part[1], part[2]); break;
            default: throw new InvalidDataException($"What is '{part[0]}'?");
        }
    }

    /// <summary>What is left after the power went: what was flushed, and of the rest what the choices say. Files by path; of a folder null.</summary>
    public SortedDictionary<string, byte[]?> Left(Loss loss)
    {
        var left = new SortedDictionary<string, byte[]?>(StringComparer.Ordinal);
        Add(top, "", loss, left);
        return left;
    }

    private static string Name(string path) => Path.GetFileName(path);

    private static void Add(Node node, string path, Loss loss, SortedDictionary<string, byte[]?> left)
    {
        left[path] = node.IsFolder ? null : loss.Content(node.Flushed, node.Content);
        if (!node.IsFolder) return;
        foreach (var (name, child) in node.After(loss.Kept(node.Pending.Count)).OrderBy(n => n.Key, StringComparer.Ordinal)) Add(child, Path.Combine(path, name), loss, left);
    }

    private Node Of(string descriptor) => open[int.Parse(descriptor, CultureInfo.InvariantCulture)];

    private void Open(int descriptor, bool isNew, bool cut, string path)
    {
        if (isNew) Above(path).Change([new(Name(path), new Node(isFolder: false))]);
        var node = At(path);
        if (cut) node.Cut(0);
        open[descriptor] = node;
    }

    private void Rename(string from, string to)
    {
        var (node, above) = (At(from), Above(from));
        if (above != Above(to)) throw new InvalidDataException("A rename from one folder to another is not modelled.");
        above.Change([new(Name(from), null), new(Name(to), node)]);
    }

    private Node Above(string path) => At(Path.GetDirectoryName(path)!);

    private Node At(string path)
    {
        var at = top;
        foreach (var name in Path.GetRelativePath(root, path).Split('/').Where(n => n != ".")) at = at.Names[name];
        return at;
    }

    /// <summary>A file or a folder.</summary>
    private sealed class Node(bool isFolder)
    {
        private Dictionary<string, Node> flushedNames = [];

        public bool IsFolder => isFolder;

        public byte[] Content { get; private set; } = [];

        public byte[] Flushed { get; private set; } = [];

        public Dictionary<string, Node> Names { get; } = [];

        /// <summary>Changes of names since the last flush, each as a whole.</summary>
        public List<KeyValuePair<string, Node?>[]> Pending { get; } = [];

        public void Write(int offset, byte[] bytes)
        {
            var longer = new byte[Math.Max(Content.Length, offset + bytes.Length)];
            Content.CopyTo(longer, 0);
            bytes.CopyTo(longer, offset);
            Content = longer;
        }

        public void Cut(int length)
        {
            var other = new byte[length];
            Content.AsSpan(0, Math.Min(length, Content.Length)).CopyTo(other);
            Content = other;
        }

        public void Change(KeyValuePair<string, Node?>[] change)
        {
            Apply(Names, change);
            Pending.Add(change);
        }

        public void Flush()
        {
            Flushed = Content;
            flushedNames = new(Names);
            Pending.Clear();
        }

        /// <summary>The names with some of the pending changes.</summary>
        public Dictionary<string, Node> After(bool[] kept)
        {
            var names = new Dictionary<string, Node>(flushedNames);
            foreach (var (change, isKept) in Pending.Zip(kept))
                // a rename of what never came to be does nothing
                if (isKept && (change.Length == 1 || names.ContainsKey(change[0].Key))) Apply(names, change);
            return names;
        }

        private static void Apply(Dictionary<string, Node> names, KeyValuePair<string, Node?>[] change)
        {
            foreach (var (name, node) in change)
                if (node is null) names.Remove(name);
                else names[name] = node;
        }
    }
}
