//! Named fields side by side in one signal.

/// Declares a struct of signals that is one signal, its first field in the low bits. A kernel reads a
/// field as `self.x.val().field` and writes it as `self.x.next.field = ..`.
#[macro_export]
macro_rules! bundle {
    ($(#[$doc:meta])* pub struct $name:ident { $($(#[$fdoc:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct $name { $($(#[$fdoc])* pub $field: $type,)* }

        impl rust_hdl::prelude::Synth for $name {
            const BITS: usize = 0 $(+ <$type as rust_hdl::prelude::Synth>::BITS)*;

            fn descriptor() -> rust_hdl::prelude::TypeDescriptor {
                use rust_hdl::prelude::*;
                TypeDescriptor {
                    name: stringify!($name).to_string(),
                    kind: TypeKind::Composite(vec![$(Box::new(TypeField {
                        fieldname: stringify!($field).to_string(),
                        kind: <$type as Synth>::descriptor(),
                    })),*]),
                }
            }

            fn vcd(self) -> rust_hdl::prelude::VCDValue {
                use rust_hdl::prelude::*;
                VCDValue::Composite(vec![$(Box::new(self.$field.vcd())),*])
            }

            fn verilog(self) -> rust_hdl::prelude::VerilogLiteral {
                // Only reset values are asked for, and those are zero.
                0u64.into()
            }
        }

        $crate::bundle!(@offsets $name [] $($field: $type,)*);
    };
    (@offsets $name:ident [$($before:ty,)*] $field:ident: $type:ty, $($rest:tt)*) => {
        $crate::pastey::paste! {
            #[doc(hidden)]
            impl $name {
                pub fn [<get_my_width_ $field>](&self) -> usize {
                    <$type as rust_hdl::prelude::Synth>::BITS
                }
                pub fn [<get_my_offset_ $field>](&self) -> usize {
                    0 $(+ <$before as rust_hdl::prelude::Synth>::BITS)*
                }
            }
        }
        $crate::bundle!(@offsets $name [$($before,)* $type,] $($rest)*);
    };
    (@offsets $name:ident [$($before:ty,)*]) => {};
}
