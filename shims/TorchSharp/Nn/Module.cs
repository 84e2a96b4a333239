using System.Reflection;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A tree of parameters, buffers and submodules under names.</summary>
        public partial class Module : IDisposable
        {
            private const BindingFlags Fields = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;

            private readonly string _name;
            private readonly OrderedNames<Parameter> _parametersByName = new();
            private readonly OrderedNames<(Tensor Tensor, bool Persistent)> _buffersByName = new();
            private readonly OrderedNames<Module> _modulesByName = new();
            private bool _registered;

            protected Module(string name) => _name = name;

            public virtual string GetName() => _name;

            public virtual bool training { get; private set; } = true;

            public virtual void train(bool train = true)
            {
                training = train;
                foreach (var child in children()) child.train(train);
            }

            public virtual void eval() => train(false);

            // built-in layers name their parameters themselves
            private protected virtual bool RegistersFields => true;

            /// <summary>Registers every field that holds a module, a parameter or a tensor; the last call of a constructor.</summary>
            protected virtual void RegisterComponents()
            {
                if (_registered || !RegistersFields) return;
                _registered = true;
                foreach (var field in GetType().GetFields(Fields))
                {
                    var name = NameOf(field);
                    switch (field.GetValue(this))
                    {
                        case Module module: register_module(name, module); break;
                        case Parameter parameter: register_parameter(name, parameter); break;
                        case Tensor tensor: register_buffer(name, tensor); break;
                    }
                }
            }

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                if (tensor is null) throw new ArgumentNullException(nameof(tensor));
                RequireFree(name);
                _buffersByName.Set(name, (tensor, persistent));
            }

            public virtual void register_parameter(string name, Parameter param)
            {
                RequireFree(name);
                _parametersByName.Set(name, param);
            }

            public virtual void register_module(string name, Module submodule)
            {
                if (submodule is null || submodule.IsInvalid)
                    throw new ArgumentException("a submodule must be given and alive", nameof(submodule));
                if (_modulesByName.TryGet(name, out var known) && ReferenceEquals(known, submodule)) return;
                RequireFree(name);
                submodule.RegisterComponents();
                _modulesByName.Set(name, submodule);
            }

            public void add_module(string name, Module module) => register_module(name, module);

            protected void ClearModules() => _modulesByName.Clear();

            protected void ConditionallyRegisterParameter(string name, Parameter? value)
            {
                if (value is null) _parametersByName.Remove(name);
                else _parametersByName.Set(name, value);
            }

            protected void ConditionallyRegisterBuffer(string name, Tensor? value, bool persistent = true)
            {
                if (value is null) _buffersByName.Remove(name);
                else _buffersByName.Set(name, (value, persistent));
            }

            private void RequireFree(string name)
            {
                if (string.IsNullOrEmpty(name) || name.Contains('.'))
                    throw new ArgumentException($"'{name}' cannot be the name of a component", nameof(name));
                if (_parametersByName.Contains(name) || _buffersByName.Contains(name) || _modulesByName.Contains(name))
                    throw new InvalidOperationException($"Tried to register '{name}', but it was already registered.");
            }

            private bool IsInvalid { get; set; }

            public virtual IEnumerable<(string name, Module module)> named_children() => _modulesByName.Items;
            public virtual IEnumerable<Module> children() => _modulesByName.Items.Select(item => item.Value);

            /// <summary>All modules below this one, without this one.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach (var (name, child) in named_children())
                {
                    yield return (name, child);
                    foreach (var (below, module) in child.named_modules()) yield return ($"{name}.{below}", module);
                }
            }

            public virtual IEnumerable<Module> modules() => named_modules().Select(item => item.module);

            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<object>(System.Collections.Generic.ReferenceEqualityComparer.Instance);
                foreach (var item in Tree(recurse))
                    foreach (var (name, parameter) in item.Module._parametersByName.Items)
                        if (seen.Add(parameter)) yield return (item.Prefix + name, parameter);
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(item => item.parameter);

            /// <summary>Persistent buffers; those that are not persistent are never told, as in the package.</summary>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
            {
                var seen = new HashSet<object>(System.Collections.Generic.ReferenceEqualityComparer.Instance);
                foreach (var item in Tree(recurse))
                    foreach (var (name, buffer) in item.Module._buffersByName.Items)
                        if (buffer.Persistent && seen.Add(buffer.Tensor)) yield return (item.Prefix + name, buffer.Tensor);
            }

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(item => item.buffer);

            private IEnumerable<(string Prefix, Module Module)> Tree(bool recurse)
            {
                yield return ("", this);
                if (!recurse) yield break;
                foreach (var (name, module) in named_modules()) yield return (name + ".", module);
            }

            public virtual Parameter? get_parameter(string target) => named_parameters().FirstOrDefault(item => item.name == target).parameter;
            public virtual Tensor? get_buffer(string target) => named_buffers().FirstOrDefault(item => item.name == target).buffer;
            public virtual bool has_parameter(string target) => get_parameter(target) is not null;
            public virtual bool has_buffer(string target) => get_buffer(target) is not null;

            /// <summary>Children first, then this module.</summary>
            public virtual Module apply(Action<Module> fn)
            {
                foreach (var child in children()) child.apply(fn);
                fn(this);
                return this;
            }

            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                {
                    using var gradient = parameter.grad;
                    if (gradient is null) continue;
                    if (set_to_none) parameter.grad = null;
                    else
                    {
                        using var mode = no_grad();
                        gradient.zero_();
                    }
                }
            }

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            // what a module holds besides its components
            private protected virtual void Release() { }

            protected virtual void Dispose(bool disposing)
            {
                if (!disposing || IsInvalid) return;
                IsInvalid = true;
                Release();
                foreach (var (_, child) in _modulesByName.Items) child.Dispose();
                foreach (var (_, parameter) in _parametersByName.Items) parameter.Dispose();
                foreach (var (_, buffer) in _buffersByName.Items) buffer.Tensor.Dispose();
            }
        }
    }
}
