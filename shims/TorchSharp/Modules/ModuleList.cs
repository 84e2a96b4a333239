using System.Collections;
using System.Globalization;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <summary>Modules under the names "0", "1" and so on.</summary>
public class ModuleList<T> : Module, IList<T> where T : Module
{
    private readonly List<T> _list = [];

    public ModuleList(params T[] modules) : base(nameof(ModuleList<T>)) => extend(modules);

    public T this[int index]
    {
        get => _list[index];
        set
        {
            _list[index] = value;
            Rename();
        }
    }

    public int Count => _list.Count;
    public bool IsReadOnly => false;

    public void Add(T item)
    {
        register_module(_list.Count.ToString(CultureInfo.InvariantCulture), item);
        _list.Add(item);
    }

    public void append(params T[] parameters) => extend(parameters);

    public void extend(IEnumerable<T> modules)
    {
        foreach (var module in modules) Add(module);
    }

    public void Insert(int index, T item)
    {
        _list.Insert(index, item);
        Rename();
    }

    public bool Remove(T item)
    {
        var removed = _list.Remove(item);
        if (removed) Rename();
        return removed;
    }

    public void RemoveAt(int index)
    {
        _list.RemoveAt(index);
        Rename();
    }

    public void Clear()
    {
        _list.Clear();
        ClearModules();
    }

    private void Rename()
    {
        ClearModules();
        for (var k = 0; k < _list.Count; k++) register_module(k.ToString(CultureInfo.InvariantCulture), _list[k]);
    }

    public bool Contains(T item) => _list.Contains(item);
    public void CopyTo(T[] array, int arrayIndex) => _list.CopyTo(array, arrayIndex);
    public int IndexOf(T item) => _list.IndexOf(item);
    public IEnumerator<T> GetEnumerator() => _list.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    protected override void RegisterComponents() { }
}
