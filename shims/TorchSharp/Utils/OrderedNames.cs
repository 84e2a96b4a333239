namespace TorchSharp.Utils;

/// <summary>Values under names, in the order in which the names first came.</summary>
internal sealed class OrderedNames<T>
{
    private readonly List<(string Name, T Value)> _items = [];

    internal IEnumerable<(string Name, T Value)> Items => _items;

    internal bool Contains(string name) => IndexOf(name) >= 0;

    internal bool TryGet(string name, out T? value)
    {
        var k = IndexOf(name);
        value = k < 0 ? default : _items[k].Value;
        return k >= 0;
    }

    internal void Set(string name, T value)
    {
        var k = IndexOf(name);
        if (k < 0) _items.Add((name, value));
        else _items[k] = (name, value);
    }

    internal void Remove(string name)
    {
        var k = IndexOf(name);
        if (k >= 0) _items.RemoveAt(k);
    }

    internal void Clear() => _items.Clear();

    private int IndexOf(string name) => _items.FindIndex(item => item.Name == name);
}
